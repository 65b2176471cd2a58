package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
)

// noteRoutes are the metadata of people and companies.
func (s *server) noteRoutes() []route {
	var out []route
	for resource, of := range map[string]account.Noted{"user": account.OfUser, "userCompany": account.OfOrganization,
		"company": account.OfOrganization, "reseller": account.OfOrganization} {
		change := s.changeNotes(resource, of)
		out = append(out,
			route{method: http.MethodGet, path: resource + "/{id}/metadata", handle: s.notes(resource, of)},
			route{method: http.MethodPut, path: resource + "/{id}/metadata", handle: putMetadata(change)},
			route{method: http.MethodDelete, path: resource + "/{id}/metadata/{key}", handle: deleteMetadata(change)})
	}
	return out
}

func (s *server) notes(resource string, of account.Noted) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		id, err := c.id()
		if err == nil {
			err = s.rightCompany(ctx, c.actor, resource, id)
		}
		if err != nil {
			return answer{}, err
		}
		m, err := s.Accounts.Metadata(ctx, c.actor, of, id)
		return metadataAnswer(m, err)
	}
}

func (s *server) changeNotes(resource string, of account.Noted) changeMetadataFunc {
	return func(ctx context.Context, actor account.Actor, id int64, change catalog.MetadataFunc) (catalog.Metadata, error) {
		if err := s.rightCompany(ctx, actor, resource, id); err != nil {
			return nil, err
		}
		return s.Accounts.ChangeMetadata(ctx, actor, of, id, func(old map[string]string) (map[string]string, error) { return change(old) })
	}
}

// rightCompany is NotFound for a company of another kind than the resource.
func (s *server) rightCompany(ctx context.Context, actor account.Actor, resource string, id int64) error {
	if resource == "user" {
		return nil
	}
	_, err := s.company(ctx, actor, resource, id)
	return err
}
