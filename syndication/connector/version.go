package connector

import (
	"strconv"
	"time"
)

// version is an apiVersion: a date as yyyymmdd. Most connectors send none,
// which is 0 and older than every other.
type version int

// The versions in which a type changed, which breaks a client when it is wrong.
const (
	billingItemsAsList version = 20180504 // subscription.billingItems was a map
	resellerAsRef      version = 20181126 // order.reseller was a string
	parametersAsList   version = 20220427 // subscription.configurationParameters was a map
	latestVersion      version = 20250109
)

// since reports whether the caller knows what came with v.
func (v version) since(other version) bool { return v >= other }

// parseVersion reads the query parameter. Versions between and after the ones
// that changed something are as good as those.
func parseVersion(text string) (version, error) {
	if text == "" {
		return 0, nil
	}
	if _, err := time.Parse("20060102", text); err != nil {
		return 0, unreadable("apiVersion is a date such as 20250109.")
	}
	n, err := strconv.Atoi(text)
	return version(n), err
}
