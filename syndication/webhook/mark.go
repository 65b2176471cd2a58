package webhook

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

// Mark is how the actor's newest deliveries stand. Two that are equal say that
// a list of them need not be read again.
type Mark struct {
	Newest   int64 `db:"newest"`   // id
	Attempts int64 `db:"attempts"` // of all of them
	Waiting  int64 `db:"waiting"`  // how many are to be sent
}

// markLength is over how many deliveries a mark goes: those of a list's first
// page.
const markLength = 50

// Mark returns the mark of the actor's deliveries; of all for operators.
func (s *Service) Mark(ctx context.Context, actor account.Actor) (m Mark, err error) {
	if err := actor.Need(account.ReplayDeliveries); err != nil {
		return Mark{}, err
	}
	where, args := `marketplace_id = ?`, []any{actor.MarketplaceID}
	if !actor.SeesAll() {
		where, args = where+` AND owner_id = ?`, append(args, actor.OrganizationID)
	}
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Get(ctx, "mark", &m, `SELECT COALESCE(MAX(id), 0) AS newest, CAST(COALESCE(SUM(attempts), 0) AS BIGINT) AS attempts,
			CAST(COALESCE(SUM(CASE WHEN status = 'pending' THEN 1 ELSE 0 END), 0) AS BIGINT) AS waiting
			FROM (SELECT id, attempts, status FROM webhook_delivery WHERE `+where+` ORDER BY id DESC LIMIT ?) AS newest_ones`, append(args, markLength)...)
	})
	return m, err
}
