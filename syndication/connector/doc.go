// Package connector is the marketplace in the words of the vendors' existing
// connectors: resources with references, paging in headers, errors in
// errorHolders, and shapes that depend on apiVersion. Handlers decide nothing:
// they read the call, ask one service and write the document. See README.md.
package connector
