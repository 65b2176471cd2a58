package connector

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
)

// changeMetadataFunc changes what somebody keeps beside a document.
type changeMetadataFunc func(ctx context.Context, actor account.Actor, id int64, change catalog.MetadataFunc) (catalog.Metadata, error)

// putMetadata puts the body's keys beside those there are, and answers all.
func putMetadata(change changeMetadataFunc) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		id, err := c.id()
		if err != nil {
			return answer{}, err
		}
		var in catalog.Metadata
		if err := c.read(&in); err != nil {
			return answer{}, err
		}
		after, err := change(ctx, c.actor, id, catalog.Merge(in))
		return metadataAnswer(after, err)
	}
}

// deleteMetadata takes the {key} of the path away, and answers what is left.
func deleteMetadata(change changeMetadataFunc) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		id, err := c.id()
		if err != nil {
			return answer{}, err
		}
		after, err := change(ctx, c.actor, id, catalog.Drop(c.param("key")))
		return metadataAnswer(after, err)
	}
}

func metadataAnswer(m catalog.Metadata, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	if m == nil {
		m = catalog.Metadata{}
	}
	return ok(m), nil
}
