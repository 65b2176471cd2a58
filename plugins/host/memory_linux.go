package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// residentMemory is how many bytes of memory a process holds, as the kernel
// counts its resident pages. What it started itself is not counted.
func residentMemory(pid int) (int64, bool) {
	if pid == 0 {
		return 0, false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}

// offerToKernel has the kernel end the plugin, and not us, when the machine
// has no memory left. What it refuses is no harm: it is the second line.
func offerToKernel(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("500"), 0)
}
