//go:build !linux

package host

// residentMemory is not known.
func residentMemory(int) (int64, bool) { return 0, false }

// offerToKernel is Linux's alone.
func offerToKernel(int) {}
