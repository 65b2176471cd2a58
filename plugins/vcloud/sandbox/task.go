package sandbox

import (
	"net/http"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// The API's way to write times.
const timeFormat = "2006-01-02T15:04:05.000000Z07:00"

// task is a piece of work that takes time.
type task struct {
	ID, Operation, Status string
	Object                object
	OrgID                 string
	Start, End            time.Time
	Error                 *types.Error
}

// object is what a task works on: its kind in URNs, the path before its
// identifier in addresses, its identifier and name.
type object struct{ Kind, Path, ID, Name string }

func (o object) href(base string) string { return base + o.Path + o.ID }

func (o object) urn() string { return "urn:vcloud:" + o.Kind + ":" + o.ID }

func (o *org) object() object { return object{"org", "/admin/org/", o.ID, o.Name} }

func (v *vdc) object() object { return object{"vdc", "/admin/vdc/", v.ID, v.Name} }

func (s *server) vapp() object { return object{"vapp", "/vApp/vapp-", s.VAppID, s.Name} }

func (s *server) vm() object { return object{"vm", "/vApp/vm-", s.ID, s.Name} }

// start begins a task; finish has its effect when it ends. What is busy
// already is refused.
func (c *Cloud) start(operation, orgID string, on object, finish func(ok bool)) (*task, *answer) {
	if c.busy[on.ID] != "" {
		busy := busyWith(on.Name)
		return nil, &busy
	}
	t := &task{ID: newID(), Operation: operation, Status: "running", Object: on, OrgID: orgID, Start: c.cfg.Clock.Now()}
	c.state.Tasks[t.ID], c.busy[on.ID], c.dirty = t, t.ID, true
	if c.cfg.TaskDelay == 0 || c.closed {
		told := *t // who asked is told that it runs
		c.end(t, finish)
		return &told, nil
	}
	c.timers.Add(1)
	time.AfterFunc(c.cfg.TaskDelay, func() {
		defer c.timers.Done()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end(t, finish)
		if err := c.save(); err != nil {
			c.cfg.Log.Error("snapshot not written", "error", err)
		}
	})
	return t, nil
}

func (c *Cloud) end(t *task, finish func(ok bool)) {
	t.Status, t.End = "success", c.cfg.Clock.Now()
	if faults := c.faults[t.Operation]; len(faults) > 0 {
		t.Status, t.Error = "error", &faults[0]
		c.faults[t.Operation] = faults[1:]
	}
	delete(c.busy, t.Object.ID)
	c.dirty = true
	finish(t.Status == "success")
}

// FailTask makes the next task of an operation (vdcCreateVdc, vdcUpdateVdc,
// vdcDeleteVdc, vappUndeployPowerOff, ...) end with an error.
func (c *Cloud) FailTask(operation string, with types.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[operation] = append(c.faults[operation], with)
}

func (t *task) xml(base string) *types.Task {
	out := &types.Task{
		HREF: base + "/task/" + t.ID, Type: types.MimeTask, ID: "urn:vcloud:task:" + t.ID, Name: "task", Status: t.Status,
		Operation: t.Operation + " " + t.Object.Name + "(" + t.Object.ID + ")", OperationName: t.Operation, StartTime: t.Start.Format(timeFormat),
		Owner: &types.Reference{HREF: t.Object.href(base), ID: t.Object.urn(), Name: t.Object.Name}, Error: t.Error,
	}
	if !t.End.IsZero() {
		out.EndTime = t.End.Format(timeFormat)
	}
	return out
}

// running are the tasks on an object, as the object lists them.
func (c *Cloud) running(base, id string) *types.TasksInProgress {
	t := c.state.Tasks[c.busy[id]]
	if t == nil {
		return nil
	}
	return &types.TasksInProgress{Task: []*types.Task{t.xml(base)}}
}

func (c *Cloud) getTask(in call) answer {
	t := c.state.Tasks[in.id]
	if t == nil {
		return hidden("task", in.id)
	}
	return say("Task", t.xml(in.base))
}

// accepted answers with a task, as the XML API does.
func accepted(in call, t *task, refused *answer) answer {
	if refused != nil {
		return *refused
	}
	out := say("Task", t.xml(in.base))
	out.status = http.StatusAccepted
	return out
}

// located answers with the address of a task, as the JSON API does.
func located(in call, t *task, refused *answer) answer {
	if refused != nil {
		return *refused
	}
	return answer{status: http.StatusAccepted, header: map[string]string{"Location": in.base + "/task/" + t.ID}}
}
