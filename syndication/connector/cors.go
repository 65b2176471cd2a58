package connector

import "net/http"

// What browsers may send and see. Nothing here goes by cookies, so any page
// may ask.
const (
	allowedHeaders = "Authorization, CMW-Auth-Token, CMW-Auth-User, CMW-As-User, Content-Type, Accept, Prefer, Mode, " +
		"Social-Auth-Token, Social-Auth-User, Social-Auth-Provider"
	allowedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
	exposedHeaders = "CMW-PageSize, CMW-PageNumber, CMW-TotalItems, CMW-TotalPages, CMW-Request-Id, CMW-Costs-Total, " +
		"CMW-ScrollOffset, CMW-ScrollLimit, CMW-Proceeds-Earnings, CMW-Proceeds-Costs, Location, Retry-After"
)

// crossOrigin lets browser clients of other sites in and answers their
// preflight.
func crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.Header.Get("Origin") != "" {
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Expose-Headers", exposedHeaders)
		}
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Headers", allowedHeaders)
		h.Set("Access-Control-Allow-Methods", allowedMethods)
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
}
