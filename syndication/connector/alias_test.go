package connector_test

import (
	"strconv"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

type (
	storeTx     = store.Tx
	auditFilter = audit.Filter
)

var everything = page.Request{Limit: page.MaxLimit}

func refID(id int64) string { return strconv.FormatInt(id, 10) }
