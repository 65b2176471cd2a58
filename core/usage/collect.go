package usage

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// CollectorConfig is what the collector needs; everything has a default from
// Every on.
type CollectorConfig struct {
	DB        *store.DB
	Jobs      *jobs.Client
	Provision *provision.Service
	Log       *slog.Logger
	// Every is how often it is looked for windows that are over; a minute
	// when 0.
	Every time.Duration
	// Late is how long after its end a window is asked for once more, for data
	// that came late; 26 hours when 0.
	Late time.Duration
	// Wait is how long after its end a period is billed at the latest, when
	// its usage cannot be fetched; 24 hours when 0.
	Wait time.Duration
}

// Collector fetches usage from plugins that measure it: for each subscription
// window by window, each exactly once.
type Collector struct {
	cfg CollectorConfig
	db  *store.DB
	log *slog.Logger
}

// NewCollector returns the collector and registers its job.
func NewCollector(cfg CollectorConfig) *Collector {
	cfg.Every = cmp.Or(cfg.Every, time.Minute)
	cfg.Late = cmp.Or(cfg.Late, 26*time.Hour)
	cfg.Wait = cmp.Or(cfg.Wait, 24*time.Hour)
	c := &Collector{cfg: cfg, db: cfg.DB, log: cfg.Log.With("component", "collect")}
	jobs.RegisterLong(cfg.Jobs, 2*provision.LongestCall, c.work)
	return c
}

// Wait is how long billing waits at the most.
func (c *Collector) Wait() time.Duration { return c.cfg.Wait }

// Begin starts collecting for a subscription that has become usable
// (provision.Hooks.Made), if its plugin measures.
func (c *Collector) Begin(ctx context.Context, tx *store.Tx, sub subscription.Subscription, abilities []sdk.Ability) error {
	if !slices.Contains(abilities, sdk.CanCollectUsage) {
		return nil
	}
	return insertCollection(ctx, tx, sub.ID, sub.ProviderID, tx.Now())
}

// Ready reports whether the usage until the instant is in, so that a period
// that ends then can be billed. It says yes when waiting longer is pointless:
// later usage is billed as a correction.
func (c *Collector) Ready(ctx context.Context, tx *store.Tx, sub int64, until time.Time) (bool, error) {
	have, collects, err := collectionOf(ctx, tx, sub)
	if err != nil || !collects || have.Closed {
		return true, err
	}
	return !have.Until.Before(until) || !tx.Now().Before(until.Add(c.cfg.Wait)), nil
}

// Collection is how far the usage of a subscription has been fetched.
type Collection struct {
	SubscriptionID int64     `db:"subscription_id"`
	ProviderID     int64     `db:"provider_id"`
	Until          time.Time `db:"collected_until"`
	LastError      string    `db:"last_error"`
}

// Troubled lists, for operators, collections that stand still, and why: at
// most 200, the ones that are furthest behind first.
func (c *Collector) Troubled(ctx context.Context, actor account.Actor) (all []Collection, err error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return nil, err
	}
	err = c.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Select(ctx, &all, `SELECT subscription_id, provider_id, collected_until, last_error FROM usage_collection
			WHERE marketplace_id = ? AND closed = ? AND last_error <> '' ORDER BY collected_until LIMIT 200`, tx.Marketplace(), false)
	})
	return all, err
}

type collectArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	ProviderID    int64 `json:"providerId"`
}

// Kind names the job in the queue.
func (collectArgs) Kind() string { return "usage.collect" }

// Scope says where it works.
func (a collectArgs) Scope() int64 { return a.MarketplaceID }

// work collects what is due of one provider.
func (c *Collector) work(ctx context.Context, job jobs.Job[collectArgs]) error {
	return c.provider(ctx, job.Args.MarketplaceID, job.Args.ProviderID)
}

// Loop queues the collection of each provider that has something due, until
// ctx ends.
func (c *Collector) Loop(ctx context.Context, marketplaces func(context.Context) ([]account.Marketplace, error)) {
	tick := time.NewTicker(c.cfg.Every)
	defer tick.Stop()
	for {
		all, err := marketplaces(ctx)
		for _, m := range all {
			err = errors.Join(err, c.queue(ctx, m.ID))
		}
		if err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "usage collection was not queued", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (c *Collector) queue(ctx context.Context, marketplace int64) error {
	providers, err := c.adopt(ctx, marketplace)
	if err != nil {
		return err
	}
	for _, provider := range providers {
		err := c.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
			due, err := dueCollections(ctx, tx, provider, tx.Now(), 0, 1)
			if err != nil {
				return err
			}
			late, err := dueWindows(ctx, tx, provider, tx.Now(), 1)
			if err != nil || len(due)+len(late) == 0 {
				return err
			}
			return c.cfg.Provision.InsertJob(ctx, tx, provider, collectArgs{MarketplaceID: marketplace, ProviderID: provider},
				provision.ForCollection, jobs.Options{Unique: true})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// adopt begins to collect for subscriptions that were usable before their
// plugin could measure, from now on. It returns the providers that measure.
func (c *Collector) adopt(ctx context.Context, marketplace int64) (measuring []int64, err error) {
	all, err := c.cfg.Provision.Providers(ctx, account.SystemActor(marketplace))
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		able, err := c.cfg.Provision.Able(ctx, p.Plugin, sdk.CanCollectUsage)
		if err != nil {
			c.log.WarnContext(ctx, "plugin does not say whether it measures", "plugin", p.Plugin, "error", err)
			continue
		}
		if able {
			measuring = append(measuring, p.ID)
		}
	}
	for _, id := range measuring {
		var subs []int64
		err = c.db.View(ctx, marketplace, func(tx *store.Tx) error {
			return tx.Select(ctx, &subs, `SELECT s.id FROM subscription s WHERE s.marketplace_id = ? AND s.provider_id = ? AND s.status IN ('active', 'suspended')
				AND NOT EXISTS (SELECT 1 FROM usage_collection c WHERE c.marketplace_id = s.marketplace_id AND c.subscription_id = s.id)`, marketplace, id)
		})
		if err != nil || len(subs) == 0 {
			continue
		}
		err = c.db.InTx(ctx, marketplace, func(tx *store.Tx) (err error) {
			for _, sub := range subs {
				err = errors.Join(err, insertCollection(ctx, tx, sub, id, tx.Now()))
			}
			return err
		})
	}
	return measuring, err
}

// CollectDue collects everything that is due in the marketplace, before it
// returns. What a plugin does not give now is logged and left to the next
// time.
func (c *Collector) CollectDue(ctx context.Context, marketplace int64) error {
	providers, err := c.adopt(ctx, marketplace)
	for _, provider := range providers {
		err = errors.Join(err, c.provider(ctx, marketplace, provider))
	}
	return err
}

// collectBatch is how many subscriptions are read at once.
const collectBatch = 200

// provider collects all that is due of a provider.
func (c *Collector) provider(ctx context.Context, marketplace, provider int64) error {
	for after := int64(0); ctx.Err() == nil; {
		works, err := c.read(ctx, marketplace, provider, after)
		if err != nil || len(works) == 0 {
			return errors.Join(err, c.again(ctx, marketplace, provider))
		}
		targets := make([]provision.Target, len(works))
		for i, w := range works {
			targets[i] = w.target
		}
		provision.Spread(targets, func(i int) { works[i].collect(ctx) })
		after = works[len(works)-1].sub
	}
	return ctx.Err()
}

// work on the windows of one subscription.
type work struct {
	c           *Collector
	marketplace int64
	sub         int64
	target      provision.Target
	windows     []span
	last        bool // nothing is collected afterwards
	// ask makes the call: in the lane's line, or in a place that is taken.
	ask func(ctx context.Context, w span) ([]sdk.Usage, error)
}

func (c *Collector) read(ctx context.Context, marketplace, provider, after int64) (works []*work, err error) {
	err = c.db.View(ctx, marketplace, func(tx *store.Tx) error {
		rows, err := dueCollections(ctx, tx, provider, tx.Now(), after, collectBatch)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.SubscriptionID
		}
		targets, err := c.targets(ctx, tx, ids)
		if err != nil {
			return err
		}
		for i, r := range rows {
			edges, err := r.edgesOf(ctx, tx)
			if err != nil {
				return err
			}
			works = append(works, c.inLine(marketplace, targets[i], windows(r.Until, tx.Now(), edges, false)))
		}
		return nil
	})
	return works, err
}

func (c *Collector) targets(ctx context.Context, tx *store.Tx, ids []int64) ([]provision.Target, error) {
	subs, err := subscription.ByIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	return c.cfg.Provision.Targets(ctx, tx, subs)
}

// inLine is work whose calls wait in the lane's line.
func (c *Collector) inLine(marketplace int64, t provision.Target, w []span) *work {
	one := &work{c: c, marketplace: marketplace, sub: t.Subscription.ID, target: t, windows: w}
	one.ask = func(ctx context.Context, w span) (answer []sdk.Usage, err error) {
		err = c.cfg.Provision.Ask(ctx, marketplace, t, provision.ForCollection, func(ctx context.Context, plugin sdk.Provider) (err error) {
			answer, err = plugin.CollectUsage(ctx, t.Desired, w.from, w.to)
			return err
		})
		return answer, err
	}
	return one
}

// errOvertaken says that another process has booked the window.
var errOvertaken = errors.New("the window was collected by somebody else")

// collect asks for the windows one after another, and stops at the first that
// is not given.
func (w *work) collect(ctx context.Context) {
	for i, s := range w.windows {
		err := w.window(ctx, s, w.last && i == len(w.windows)-1)
		if errors.Is(err, errOvertaken) || ctx.Err() != nil {
			return
		}
		if err != nil {
			w.failed(ctx, s, err)
			return
		}
	}
}

// window asks for one window and books it together with the new position, in
// one transaction: killed before, it is asked for again; killed after, it is
// not.
func (w *work) window(ctx context.Context, s span, closing bool) error {
	facts, err := w.read(ctx, s)
	if err != nil {
		return err
	}
	return w.c.db.InTx(ctx, w.marketplace, func(tx *store.Tx) error {
		moved, err := advance(ctx, tx, w.sub, s, closing)
		if err != nil {
			return err
		}
		if !moved {
			return errOvertaken
		}
		if !w.last {
			if err := insertWindow(ctx, tx, w.sub, s, s.to.Add(w.c.cfg.Late)); err != nil {
				return err
			}
		}
		return book(ctx, tx, w.source(), facts)
	})
}

func (w *work) source() string { return "plugin:" + w.target.Provider.Plugin }

// read asks for a window and reads the answer.
func (w *work) read(ctx context.Context, s span) ([]fact, error) {
	answer, err := w.ask(ctx, s)
	if err != nil {
		return nil, err
	}
	facts, rounded, err := readUsage(w.sub, s, answer)
	if rounded > 0 {
		w.c.log.InfoContext(ctx, "usage was rounded to six decimals", "subscription", w.sub, "from", s.from, "records", rounded)
	}
	return facts, err
}

// failed notes why a window was not given; the next round asks again.
func (w *work) failed(ctx context.Context, s span, cause error) {
	text := provision.Tidy(cause.Error())
	if e, ok := errors.AsType[*sdk.Error](cause); ok {
		text = provision.Tidy(e.Message)
	}
	w.c.log.WarnContext(ctx, "usage was not collected", "subscription", w.sub, "from", s.from, "to", s.to, "error", cause)
	err := w.c.db.InTx(ctx, w.marketplace, func(tx *store.Tx) error { return saveError(ctx, tx, w.sub, text) })
	if err != nil {
		w.c.log.ErrorContext(ctx, "that was not kept", "subscription", w.sub, "error", err)
	}
}
