package kong

import (
	"context"
	"sync"
)

// keyedLock is one lock per key, given up when the context ends.
type keyedLock struct {
	mu    sync.Mutex
	locks map[string]*heldLock
}

type heldLock struct {
	slot  chan struct{}
	users int
}

func newKeyedLock() *keyedLock { return &keyedLock{locks: map[string]*heldLock{}} }

// lock waits for the key and returns what frees it.
func (k *keyedLock) lock(ctx context.Context, key string) (unlock func(), err error) {
	k.mu.Lock()
	l, ok := k.locks[key]
	if !ok {
		l = &heldLock{slot: make(chan struct{}, 1)}
		k.locks[key] = l
	}
	l.users++
	k.mu.Unlock()
	select {
	case l.slot <- struct{}{}:
		return func() { <-l.slot; k.leave(key, l) }, nil
	case <-ctx.Done():
		k.leave(key, l)
		return nil, ctx.Err()
	}
}

func (k *keyedLock) leave(key string, l *heldLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(k.locks, key)
	}
}
