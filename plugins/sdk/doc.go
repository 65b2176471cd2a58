// Package sdk is the public contract between Fondaco and its provisioning
// plugins. A plugin is an executable that implements Provider and calls Serve;
// the marketplace starts it, speaks gRPC with it and stops it. The package is
// a leaf: it imports nothing else of the project, so that plugin authors pull
// in nothing but this.
package sdk
