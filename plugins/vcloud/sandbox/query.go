package sandbox

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// The addresses of what the cloud has from the beginning.
func providerHREF(in call) string {
	return in.base + "/admin/providervdc/00000000-0000-4000-8000-000000000001"
}

func profileHREF(in call) string {
	return in.base + "/admin/pvdcStorageProfile/00000000-0000-4000-8000-000000000002"
}

// defaultPage is the query service's page when none is asked for.
const defaultPage = 25

// term is one condition of a filter.
type term struct{ field, op, value string }

// filter is what a query wants: all of its terms.
type filter []term

// parameters reads a query by hand: its filter has semicolons, which are no
// separators there.
func parameters(raw string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		out[name] = value
	}
	return out
}

func parseFilter(raw string) (out filter) {
	for part := range strings.SplitSeq(raw, ";") {
		for _, op := range []string{"=ge=", "=="} {
			if field, value, ok := strings.Cut(part, op); ok {
				plain, err := url.QueryUnescape(value)
				if err != nil {
					plain = value
				}
				out = append(out, term{strings.Trim(field, "("), op, strings.Trim(plain, ")")})
				break
			}
		}
	}
	return out
}

// exact is the value that a field must have, "" when it may have any.
func (f filter) exact(field string) string {
	for _, t := range f {
		if t.field == field && t.op == "==" && !strings.Contains(t.value, "*") {
			return t.value
		}
	}
	return ""
}

// matches compares a record, by the names that its attributes have on the
// wire. Terms about metadata are looked at elsewhere.
func (f filter) matches(record any) bool {
	have := attributes(record)
	for _, t := range f {
		if strings.HasPrefix(t.field, "metadata@") {
			continue
		}
		value := have[t.field]
		switch {
		case t.op == "=ge=":
			if !notBefore(value, t.value) {
				return false
			}
		case strings.Contains(value, "/api/"):
			if path.Base(value) != path.Base(t.value) {
				return false
			}
		default:
			if ok, err := path.Match(t.value, value); err != nil || !ok {
				return false
			}
		}
	}
	return true
}

func notBefore(have, want string) bool {
	at, err := time.Parse(time.RFC3339Nano, have)
	from, err2 := time.Parse(time.RFC3339Nano, want)
	return err == nil && err2 == nil && !at.Before(from)
}

// attributes are a record's fields as the API names them.
func attributes(record any) map[string]string {
	out := map[string]string{}
	raw, err := xml.Marshal(record)
	if err != nil {
		return out
	}
	first, err := xml.NewDecoder(strings.NewReader(string(raw))).Token()
	if start, ok := first.(xml.StartElement); ok && err == nil {
		for _, a := range start.Attr {
			out[a.Name.Local] = a.Value
		}
	}
	return out
}

// page cuts a page out of the records that match.
func page[R any](all []*R, f filter, number, size int) (out []*R, total int) {
	all = slices.DeleteFunc(all, func(r *R) bool { return !f.matches(r) })
	from := min(len(all), (number-1)*size)
	return all[from:min(len(all), from+size)], len(all)
}

// query answers the query service.
func (c *Cloud) query(in call) answer {
	asked := parameters(in.URL.RawQuery)
	f := parseFilter(asked["filter"])
	number, size := 1, defaultPage
	if n, err := strconv.Atoi(asked["page"]); err == nil && n > 0 {
		number = n
	}
	if n, err := strconv.Atoi(asked["pageSize"]); err == nil && n > 0 {
		size = min(n, 128)
	}
	out := &types.QueryResultRecordsType{Name: asked["type"], Page: number, PageSize: size}
	total := 0
	switch asked["type"] {
	case "organization":
		out.OrgRecord, total = page(c.orgRecords(in, f), f, number, size)
	case "adminOrgVdc":
		out.OrgVdcAdminRecord, total = page(c.vdcRecords(in), f, number, size)
	case "adminVApp":
		out.AdminVAppRecord, total = page(c.vappRecords(in, f), f, number, size)
	case "adminVM":
		out.AdminVMRecord, total = page(c.vmRecords(in, f), f, number, size)
	case "adminTask":
		out.AdminTaskRecord, total = page(c.taskRecords(in, f), f, number, size)
	case "adminCatalog":
		out.AdminCatalogRecord, total = page(c.catalogRecords(in), f, number, size)
	case "providerVdc":
		out.VMWProviderVdcRecord, total = page([]*types.QueryResultVMWProviderVdcRecordType{{HREF: providerHREF(in), Name: c.cfg.ProviderVDC, IsEnabled: true}}, f, number, size)
	case "networkPool":
		out.NetworkPoolRecord, total = page([]*types.QueryResultNetworkPoolRecordType{{HREF: in.base + "/admin/extension/networkPool/1", Name: c.cfg.NetworkPool}}, f, number, size)
	case "providerVdcStorageProfile":
		out.ProviderVdcStorageProfileRecord, total = page([]*types.QueryResultProviderVdcStorageProfileRecordType{{
			HREF: profileHREF(in), Name: c.cfg.StorageProfile, ProviderVdcHREF: providerHREF(in), IsEnabled: true,
		}}, f, number, size)
	default:
		return refuse(http.StatusBadRequest, "BAD_REQUEST", "There is no query type "+asked["type"]+".")
	}
	out.Total = float64(total)
	return say("QueryResultRecords", out)
}

// orgRecords uses the names' index where it can: others read all of them.
func (c *Cloud) orgRecords(in call, f filter) (out []*types.QueryResultOrgRecordType) {
	if name := f.exact("name"); name != "" {
		if o := c.state.Orgs[c.state.Names[name]]; o != nil {
			out = append(out, orgRecord(in, o))
		}
		return out
	}
	for _, o := range c.state.Orgs {
		if f.marked(o) {
			out = append(out, orgRecord(in, o))
		}
	}
	slices.SortFunc(out, func(a, b *types.QueryResultOrgRecordType) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// marked looks at the terms about metadata: metadata@SYSTEM:key==STRING:value.
func (f filter) marked(o *org) bool {
	for _, t := range f {
		key, ok := strings.CutPrefix(t.field, "metadata@SYSTEM:")
		if ok && (o.Metadata[key].Domain != "SYSTEM" || "STRING:"+o.Metadata[key].Value != t.value) {
			return false
		}
	}
	return true
}

func orgRecord(in call, o *org) *types.QueryResultOrgRecordType {
	return &types.QueryResultOrgRecordType{HREF: in.base + "/org/" + o.ID, Name: o.Name, DisplayName: o.FullName, IsEnabled: o.Enabled, NumberOfVdcs: new(len(o.VDCs))}
}

func (c *Cloud) vdcRecords(in call) (out []*types.QueryResultOrgVdcRecordType) {
	for _, v := range c.state.VDCs {
		out = append(out, &types.QueryResultOrgVdcRecordType{
			HREF: in.base + "/vdc/" + v.ID, Name: v.Name, IsEnabled: strconv.FormatBool(v.Enabled), OrgName: c.state.Orgs[v.OrgID].Name,
			AllocationModel: v.Model, NumberOfVMs: new(len(v.Servers)), CpuLimitMhz: new(int(v.CPU.Limit)), MemoryLimitMB: new(int(v.Memory.Limit)), StorageLimitMB: new(int(v.DiskMB)),
		})
	}
	return out
}

// servers are those of the VDC that a filter names, or all.
func (c *Cloud) servers(f filter) (out []*server) {
	owner := f.exact("vdc")
	if owner != "" {
		owner = path.Base(owner)
	}
	for _, v := range c.vdcsOr(owner) {
		for _, id := range v.Servers {
			out = append(out, c.state.Servers[id])
		}
	}
	return out
}

func (c *Cloud) vappRecords(in call, f filter) (out []*types.QueryResultVAppRecordType) {
	for _, s := range c.servers(f) {
		out = append(out, &types.QueryResultVAppRecordType{
			HREF: s.vapp().href(in.base), Name: s.Name, CreationDate: s.Born.Format(timeFormat), Deployed: s.On, Enabled: true, Status: s.status(),
			VdcHREF: in.base + "/vdc/" + s.VDCID, NumberOfVMs: 1, NumberOfCPUs: int(s.Cores), MemoryAllocationMB: int(s.MemoryMB), StorageKB: int(s.DiskMB) * 1024,
		})
	}
	return out
}

func (s *server) status() string {
	if s.On {
		return "POWERED_ON"
	}
	return "POWERED_OFF"
}

func (c *Cloud) vmRecords(in call, f filter) (out []*types.QueryResultVMRecordType) {
	for _, s := range c.servers(f) {
		out = append(out, &types.QueryResultVMRecordType{
			HREF: s.vm().href(in.base), Name: s.Name, ContainerName: s.Name, ContainerID: s.vapp().href(in.base), VdcHREF: in.base + "/vdc/" + s.VDCID,
			Cpus: int(s.Cores), MemoryMB: int(s.MemoryMB), Status: s.status(), Deployed: s.On, DateCreated: s.Born.Format(timeFormat),
			TotalStorageAllocatedMb: strconv.FormatInt(s.DiskMB, 10),
		})
	}
	return out
}

func (c *Cloud) taskRecords(in call, f filter) (out []*types.QueryResultTaskRecordType) {
	owner := path.Base(f.exact("org"))
	for _, t := range c.state.Tasks {
		if owner != "." && t.OrgID != owner {
			continue
		}
		record := &types.QueryResultTaskRecordType{
			HREF: in.base + "/task/" + t.ID, Name: t.Operation, Status: t.Status, StartDate: t.Start.Format(timeFormat), Org: in.base + "/org/" + t.OrgID,
			Object: t.Object.href(in.base), ObjectType: t.Object.Kind, ObjectName: t.Object.Name,
		}
		if !t.End.IsZero() {
			record.EndDate = t.End.Format(timeFormat)
		}
		out = append(out, record)
	}
	return out
}

func (c *Cloud) catalogRecords(in call) (out []*types.CatalogRecord) {
	for _, catalog := range c.state.Catalogs {
		out = append(out, &types.CatalogRecord{HREF: in.base + "/catalog/" + catalog.ID, Name: catalog.Name, OrgName: c.state.Orgs[catalog.OrgID].Name})
	}
	return out
}
