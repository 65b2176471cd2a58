package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

// Priority orders the calls that wait for one cloud.
type Priority int

// The priorities. They are those of the job queue, too.
const (
	ForCustomers      Priority = iota + 1 // orders, and whatever else somebody waits for
	ForBilling                            // renewals and what follows from them
	ForCollection                         // usage
	ForReconciliation                     // looking and repairing
)

// Circuit says whether calls go through a lane.
type Circuit string

// The states of a circuit.
const (
	Closed   Circuit = "closed"    // calls go through
	HalfOpen Circuit = "half-open" // one call tries whether the cloud is back
	Open     Circuit = "open"      // no call is made for a while
)

// Circuits lists them; the schema checks the same.
var Circuits = []Circuit{Closed, HalfOpen, Open}

// Lane is the way to one cloud of a provider: what fails there says nothing
// about other lanes, and what waits there holds up nobody else.
type Lane struct {
	ProviderID int64
	Cloud      string        // as plans name it; "" where they name none
	Limit      int           // of calls at once, in one process
	Timeout    time.Duration // of one call
}

// laneKey tells lanes apart.
type laneKey struct {
	provider int64
	cloud    string
}

func (l Lane) key() laneKey { return laneKey{l.ProviderID, l.Cloud} }

var plainCloud = regexp.MustCompile(`^[a-z0-9]{1,40}$`)

// queue is the lane's name in the job queue, where only lower case letters and
// digits are taken.
func (k laneKey) queue() string {
	switch {
	case k.cloud == "":
		return fmt.Sprintf("lane-%d", k.provider)
	case plainCloud.MatchString(k.cloud):
		return fmt.Sprintf("lane-%d-%s", k.provider, k.cloud)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(k.cloud))
	return fmt.Sprintf("lane-%d-x%016x", k.provider, h.Sum64())
}

// cloudOf is the cloud that a plan's configuration names.
func cloudOf(configuration json.RawMessage) string {
	var plan struct {
		Cloud string `json:"cloud"`
	}
	if json.Unmarshal(configuration, &plan) != nil {
		return "" // a plan of another shape names no cloud
	}
	return plan.Cloud
}

// lane is the provider's lane for the cloud.
func (p Provider) lane(cloud string) Lane {
	return Lane{ProviderID: p.ID, Cloud: cloud, Limit: p.MaxInFlight, Timeout: time.Duration(p.CallTimeoutSeconds) * time.Second}
}

// LaneState is a lane as an operator sees it.
type LaneState struct {
	ProviderID int64     `db:"provider_id"`
	Cloud      string    `db:"cloud"`
	Circuit    Circuit   `db:"circuit"`
	Since      time.Time `db:"circuit_since"`
	LastError  string    `db:"last_error"`
	InFlight   int       `db:"-"` // of this process
	Waiting    int       `db:"-"` // in this process, for a place
	Queued     int       `db:"-"` // attempts that are not over
}

// openLane makes sure that the lane has a row, and that its queue is worked.
func (s *Service) openLane(ctx context.Context, tx *store.Tx, k laneKey) error {
	_, err := tx.Exec(ctx, `INSERT INTO provision_lane (marketplace_id, provider_id, cloud, circuit, circuit_since) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (marketplace_id, provider_id, cloud) DO NOTHING`, tx.Marketplace(), k.provider, k.cloud, Closed, tx.Now())
	s.wanted.add(k)
	return err
}

func allLanes(ctx context.Context, tx *store.Tx) ([]laneKey, error) {
	var rows []LaneState
	err := tx.Select(ctx, &rows, `SELECT provider_id, cloud FROM provision_lane`)
	keys := make([]laneKey, len(rows))
	for i, r := range rows {
		keys[i] = laneKey{r.ProviderID, r.Cloud}
	}
	return keys, err
}

func lanesOf(ctx context.Context, tx *store.Tx) (all []LaneState, err error) {
	return all, tx.Select(ctx, &all, `SELECT provider_id, cloud, circuit, circuit_since, last_error FROM provision_lane
		WHERE marketplace_id = ? ORDER BY provider_id, cloud`, tx.Marketplace())
}

// saveCircuit keeps what the circuit of a lane does, and reports whether that
// is news.
func saveCircuit(ctx context.Context, tx *store.Tx, k laneKey, to Circuit, lastError string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE provision_lane SET circuit = ?, circuit_since = ?, last_error = ?
		WHERE marketplace_id = ? AND provider_id = ? AND cloud = ? AND circuit <> ?`, to, tx.Now(), lastError, tx.Marketplace(), k.provider, k.cloud, to)
	return n > 0, err
}
