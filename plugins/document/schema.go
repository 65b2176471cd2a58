package document

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Described is the description with the four schemas that files, most often an
// embed.FS, holds as schemas/settings.json, product.json, plan.json and
// parameters.json.
func Described(d sdk.Description, files fs.FS) (sdk.Description, error) {
	for name, schema := range map[string]*json.RawMessage{
		"settings": &d.SettingsSchema, "product": &d.ProductSchema, "plan": &d.PlanSchema, "parameters": &d.ParametersSchema,
	} {
		raw, err := fs.ReadFile(files, "schemas/"+name+".json")
		if err != nil {
			return d, fmt.Errorf("the schema of the %s: %w", name, err)
		}
		*schema = raw
	}
	return d, nil
}
