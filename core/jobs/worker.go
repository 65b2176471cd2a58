package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Job is one try at a job.
type Job[A Args] struct {
	Args    A
	Attempt int // 1 on the first try
	Last    bool
}

// WorkFunc works a job. Returning nil ends it; Snooze asks for another time,
// Cancel gives up, any other error is retried with growing pauses.
type WorkFunc[A Args] func(ctx context.Context, job Job[A]) error

// Register tells the client how jobs of A's kind are worked.
func Register[A Args](c *Client, work WorkFunc[A]) {
	river.AddWorker(c.workers, &worker[A]{work: work})
}

// RegisterLong is Register for jobs that may run longer than others: up to
// timeout. A process that dies with one does not keep it that long: the job is
// free as soon as the process is known to be dead.
func RegisterLong[A Args](c *Client, timeout time.Duration, work WorkFunc[A]) {
	river.AddWorker(c.workers, &worker[A]{work: work, timeout: timeout})
}

type worker[A Args] struct {
	river.WorkerDefaults[A]
	work    WorkFunc[A]
	timeout time.Duration // 0: that of all jobs
}

// Timeout bounds one try.
func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return w.timeout }

// Work adapts a WorkFunc to the queue library.
func (w *worker[A]) Work(ctx context.Context, j *river.Job[A]) error {
	return w.work(ctx, Job[A]{Args: j.Args, Attempt: j.Attempt, Last: j.Attempt >= j.MaxAttempts})
}

// NextRetry pauses 1, 2, 4, 8 … seconds, at most 10 minutes.
func (w *worker[A]) NextRetry(j *river.Job[A]) time.Time {
	pause := min(time.Second<<min(j.Attempt-1, 16), 10*time.Minute)
	return time.Now().Add(pause) //nolint:forbidigo // the queue runs on real time
}

// Snooze asks to work the job again after d, without counting a failure.
func Snooze(d time.Duration) error { return river.JobSnooze(d) }

// Cancel gives the job up for good because of err.
func Cancel(err error) error { return river.JobCancel(err) }

// Decided reports whether a job's error says what becomes of the job: it is of
// Snooze or of Cancel.
func Decided(err error) bool {
	_, snoozed := errors.AsType[*river.JobSnoozeError](err)
	_, cancelled := errors.AsType[*river.JobCancelError](err)
	return snoozed || cancelled
}

// failures logs a failed try once, with what it was about.
type failures struct{ log *slog.Logger }

// HandleError logs the error; the queue decides about the retry.
func (f *failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if _, cancelled := errors.AsType[*rivertype.JobCancelError](err); cancelled {
		f.log.ErrorContext(ctx, "job given up", "kind", job.Kind, "attempt", job.Attempt, "args", string(job.EncodedArgs), "error", err)
		return nil
	}
	f.log.WarnContext(ctx, "job will be retried", "kind", job.Kind, "attempt", job.Attempt, "args", string(job.EncodedArgs), "error", err)
	return nil
}

// HandlePanic logs a panic with its trace.
func (f *failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicVal any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "job panicked", "kind", job.Kind, "args", string(job.EncodedArgs), "panic", fmt.Sprint(panicVal), "trace", trace)
	return nil
}

// errorsOnly drops the queue library's chatter below Warn.
type errorsOnly struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (h *errorsOnly) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
