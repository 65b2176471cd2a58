#!/bin/sh
# Generates plugins/sdk/pluginv1 from the contract. Needs protoc; the two Go
# generators are installed into a temporary folder, at these versions.
set -eu
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
(
	cd /
	GOBIN="$bin" go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
	GOBIN="$bin" go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
)
PATH="$bin:$PATH" protoc -I . \
	--go_out=../pluginv1 --go_opt=module=github.com/fondaco/fondaco/plugins/sdk/pluginv1 \
	--go-grpc_out=../pluginv1 --go-grpc_opt=module=github.com/fondaco/fondaco/plugins/sdk/pluginv1 \
	fondaco/plugin/v1/provider.proto
