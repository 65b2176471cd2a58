// Command fondaco-plugin-example is the example plugin as an executable: put
// it into the plugin folder and the marketplace finds it as "example".
package main

import (
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func main() { sdk.Serve(&example.Provider{}) }
