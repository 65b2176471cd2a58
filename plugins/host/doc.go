// Package host finds, verifies, starts, supervises and stops the processes of
// provisioning plugins, and hands out sdk.Provider handles whose calls go to
// whichever process currently serves the plugin. See README.md.
package host
