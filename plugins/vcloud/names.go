package vcloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// adminUser is the organization administrator's name: unique within its
// organization.
const adminUser = "admin"

// The metadata of an organization, in the domain that its tenant cannot see
// or change.
const (
	keyMark         = "fondaco.mark"
	keySubscription = "fondaco.subscription"
	keyNonce        = "fondaco.nonce"
	keySecret       = "fondaco.secret"
	keyBilling      = "fondaco.billing"
	keyRequests     = "fondaco.requests"
	keyRemoving     = "fondaco.removing"
)

// maxRequests is how many idempotency keys an organization remembers.
const maxRequests = 16

// marks say whose an organization is. They are kept in its metadata; until
// that is written, right after the creation, in its description.
type marks struct {
	mark     string
	id       int64
	nonce    string // what the password follows from, with the settings' secret
	secret   string // which secret that was
	billing  string
	requests []string // claims, oldest first
	removing bool     // a removal has begun
	kept     bool     // in the metadata
}

func (s sale) orgName() string { return s.settings.Mark + "-" + strconv.FormatInt(s.id, 10) }

// ours tells whether the organization may be touched.
func (s sale) ours(m marks) bool { return m.mark == s.settings.Mark && m.id == s.id }

// describe is the marks as they stand in the description of a new organization.
func (m marks) describe() string {
	return fmt.Sprintf("Subscription %d. [%s %d %s %s %s %s]", m.id, m.mark, m.id, m.nonce, m.secret, m.billing, strings.Join(m.requests, ","))
}

var described = regexp.MustCompile(`\[([a-z][a-z0-9-]*) ([0-9]+) ([A-Z2-7]+) ([0-9a-f]+) (prepaid|payAsYouGo) ([0-9a-f-]+)\]$`)

// marksOf reads the marks of an organization.
func marksOf(org *types.AdminOrg, meta *types.Metadata) marks {
	values := map[string]string{}
	for _, e := range meta.MetadataEntry {
		if e.Domain != nil && e.Domain.Domain == "SYSTEM" && e.TypedValue != nil {
			values[e.Key] = e.TypedValue.Value
		}
	}
	if values[keyMark] == "" {
		return marksIn(org.Description)
	}
	id, _ := strconv.ParseInt(values[keySubscription], 10, 64)
	return marks{
		mark: values[keyMark], id: id, nonce: values[keyNonce], secret: values[keySecret], billing: values[keyBilling],
		requests: strings.Fields(values[keyRequests]), removing: values[keyRemoving] != "", kept: true,
	}
}

func marksIn(description string) marks {
	found := described.FindStringSubmatch(description)
	if found == nil {
		return marks{}
	}
	id, _ := strconv.ParseInt(found[2], 10, 64)
	return marks{mark: found[1], id: id, nonce: found[3], secret: found[4], billing: found[5], requests: []string{found[6]}}
}

// metadata is the marks as they are kept.
func (m marks) metadata() map[string]types.MetadataValue {
	values := map[string]string{
		keyMark: m.mark, keySubscription: strconv.FormatInt(m.id, 10), keyNonce: m.nonce, keySecret: m.secret,
		keyBilling: m.billing, keyRequests: strings.Join(m.requests, " "),
	}
	if m.removing {
		values[keyRemoving] = "true"
	}
	out := map[string]types.MetadataValue{}
	for key, value := range values {
		out[key] = types.MetadataValue{
			Domain:     &types.MetadataDomainTag{Visibility: types.MetadataHiddenVisibility, Domain: "SYSTEM"},
			TypedValue: &types.MetadataTypedValue{XsiType: types.MetadataStringValue, Value: value},
		}
	}
	return out
}

// password follows from the settings' secret and the organization's nonce, so
// that every repetition gives the same one and nobody has to keep it. Its
// beginning satisfies any rule about kinds of characters.
func password(secret, nonce string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("administrator's password " + nonce))
	return "Fo7-" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:24]
}

// fingerprint tells one secret of the settings from another.
func fingerprint(secret, nonce string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("fingerprint " + nonce))
	return hex.EncodeToString(mac.Sum(nil)[:6])
}

// uuid is the last part of an address or of a URN.
func uuid(ref string) string { return ref[strings.LastIndexAny(ref, ":/")+1:] }
