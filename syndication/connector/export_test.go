package connector

// Calls lists method and path of every call, for the test that makes each of
// them as everybody.
func Calls() [][2]string {
	var out [][2]string
	for _, r := range (&server{}).routes() {
		out = append(out, [2]string{r.method, r.path})
	}
	return out
}
