package provision

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Ask makes one call of the target's plugin for another noun: it waits its
// turn in the lane, may take as long as the provider's calls may, and counts
// for the circuit. While the lane is only full it goes on waiting; a *HeldUp in
// the error's chain says that its circuit is open.
func (s *Service) Ask(ctx context.Context, marketplace int64, t Target, p Priority, call func(ctx context.Context, plugin sdk.Provider) error) error {
	plugin, err := s.plugins.Provider(t.Provider.Plugin)
	if err != nil {
		return fault.Newf(fault.Unavailable, "The plugin %s is not there.", t.Provider.Plugin).Because(err)
	}
	leave, err := s.enterPatiently(ctx, marketplace, t.Lane, p)
	if err != nil {
		return err
	}
	err = errUncounted
	defer func() { leave(err) }()
	ctx, cancel := context.WithTimeout(ctx, t.Lane.Timeout)
	defer cancel()
	err = call(ctx, plugin)
	return err
}

func (s *Service) enterPatiently(ctx context.Context, marketplace int64, l Lane, p Priority) (func(error), error) {
	for {
		leave, err := s.enter(ctx, marketplace, l, p)
		held, ok := errors.AsType[*HeldUp](err)
		if !ok || !held.Busy {
			return leave, err
		}
	}
}

// Spread runs ask for each of the targets, as many at once as their lanes take
// calls, and returns when all are done. i is the target's place.
func Spread(targets []Target, ask func(i int)) {
	lanes := map[Lane][]int{}
	for i, t := range targets {
		lanes[t.Lane] = append(lanes[t.Lane], i)
	}
	var all sync.WaitGroup
	for lane, waiting := range lanes {
		feed := make(chan int, len(waiting))
		for _, i := range waiting {
			feed <- i
		}
		close(feed)
		for range min(max(lane.Limit, 1), len(waiting)) {
			all.Go(func() {
				for i := range feed {
					ask(i)
				}
			})
		}
	}
	all.Wait()
}

// Source is a target that is all of a provider: its settings, and no
// subscription.
func (s *Service) Source(ctx context.Context, tx *store.Tx, provider int64) (Target, error) {
	src, err := s.desk(tx).source(ctx, provider)
	return Target{Provider: src.provider, Lane: src.provider.lane(""), Desired: sdk.Subscription{Settings: src.settings}}, err
}

// Able reports whether the plugin has an ability.
func (s *Service) Able(ctx context.Context, plugin string, a sdk.Ability) (bool, error) {
	p, err := s.plugins.Provider(plugin)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	d, err := p.Describe(ctx)
	return slices.Contains(d.Abilities, a), err
}

// InsertJob queues another noun's job behind the provider's attempts, so that
// a provider that is slow delays only its own.
func (s *Service) InsertJob(ctx context.Context, tx *store.Tx, provider int64, args jobs.Args, p Priority, opts jobs.Options) error {
	lane := laneKey{provider: provider}
	if err := s.openLane(ctx, tx, lane); err != nil {
		return err
	}
	opts.Queue, opts.Priority = lane.queue(), int(p)
	return s.jobs.Insert(ctx, tx, args, opts)
}
