package sandbox

import (
	"encoding/json"
	"net/http"
)

const imagePrefix = "/{region}/image/v2"

func (c *Cloud) imageRoutes(mux *http.ServeMux) {
	c.add(mux, "GET "+imagePrefix+"/images", listImages)
	c.add(mux, "POST "+imagePrefix+"/images", createImage)
	c.add(mux, "GET "+imagePrefix+"/images/{id}", showImage)
	mux.HandleFunc("PATCH "+imagePrefix+"/images/{id}", c.patchImage)
	c.add(mux, "DELETE "+imagePrefix+"/images/{id}", deleteImage)
}

// visible tells whether the caller may see an image: the seeded one is in all
// regions.
func (r *request) visible(o object) bool {
	return (o["_region"] == nil || r.inRegion(o)) && (r.mine(o.text("owner")) || o.text("visibility") == "public")
}

func listImages(r *request) (int, any, *refusal) {
	owner := r.URL.Query().Get("owner")
	list := r.cloud.store.where("images", func(o object) bool { return r.visible(o) && (owner == "" || o.text("owner") == owner) })
	page, next := r.page(list)
	out := object{"images": shownAll(page), "first": r.URL.Path, "schema": "/v2/schemas/images"}
	if next != "" {
		out["next"] = next
	}
	return http.StatusOK, out, nil
}

func createImage(r *request) (int, any, *refusal) {
	made := object{"name": nil, "visibility": "shared", "protected": false, "min_disk": 0, "min_ram": 0, "tags": []any{}}.with(r.body).with(object{
		"id": newUUID(), "status": "queued", "owner": r.caller.project, "created_at": r.zoned(), "updated_at": r.zoned(), "_region": r.region})
	r.cloud.store.put("images", made)
	return http.StatusCreated, made.shown(), nil
}

func (r *request) image() (object, *refusal) {
	if o := r.cloud.store.get("images", r.PathValue("id")); o != nil && r.visible(o) {
		return o, nil
	}
	return nil, named(http.StatusNotFound, "No image found with ID %s", r.PathValue("id"))
}

func showImage(r *request) (int, any, *refusal) {
	o, no := r.image()
	return http.StatusOK, o.shown(), no
}

// patchImage takes a JSON patch, of which it knows replacing a field.
func (c *Cloud) patchImage(w http.ResponseWriter, in *http.Request) {
	var patch []struct {
		Op, Path string
		Value    any
	}
	err := json.NewDecoder(http.MaxBytesReader(w, in.Body, 1<<20)).Decode(&patch)
	in.Body = http.NoBody
	c.handle(false, func(r *request) (int, any, *refusal) {
		o, no := r.image()
		if no != nil {
			return 0, nil, no
		}
		if err != nil || !r.mine(o.text("owner")) {
			return 0, nil, named(http.StatusBadRequest, "This is no patch of an image of yours")
		}
		for _, p := range patch {
			if p.Op == "replace" && len(p.Path) > 1 {
				o = o.with(object{p.Path[1:]: p.Value})
			}
		}
		r.cloud.store.put("images", o)
		return http.StatusOK, o.shown(), nil
	})(w, in)
}

func deleteImage(r *request) (int, any, *refusal) {
	o, no := r.image()
	switch {
	case no != nil:
		return 0, nil, no
	case !r.mine(o.text("owner")):
		return 0, nil, named(http.StatusForbidden, "You are not permitted to delete this image.")
	case o.is("protected"):
		return 0, nil, named(http.StatusForbidden, "Image %s is protected and cannot be deleted.", o.id())
	}
	r.cloud.store.remove("images", o.id())
	return http.StatusNoContent, nil, nil
}
