package ui

// ErrorPage is the data of page "error": what happened and what to do. The
// request id of Page is shown for whoever asks for help.
type ErrorPage struct {
	Page
	Status  int
	Message string
	Actions []Link
}
