#lang racket/base
;; What else feels of a request that nobody answers: the ticks of another green thread, and the time
;; from a break (Ctrl-C) to the end of the wait.

(require racket/file racket/list "../../../racket/bridge/client.rkt")

(define now current-inexact-monotonic-milliseconds)

(define (connect-to-nobody)
  (connect-agent (format "ipc://~a" (make-temporary-file "architecto-~a")) #:session "bench"
                 #:hello (hash 'problem "lists" 'task "lists" 'facts (hash))))

;; Milliseconds from a break to the end of the wait.
(define (break-after seconds)
  (define waiting (thread (λ () (with-handlers ([exn:break? void]) (connect-to-nobody)))))
  (sleep seconds)
  (define start (now))
  (break-thread waiting)
  (thread-wait waiting)
  (- (now) start))

;; The pauses between the ticks of a thread that sleeps 10 ms each time, meanwhile.
(define (pauses-during thunk)
  (define ticks '())
  (define ticker (thread (λ () (let loop () (sleep 0.01) (set! ticks (cons (now) ticks)) (loop)))))
  (thunk)
  (kill-thread ticker)
  (for/list ([later (in-list ticks)] [earlier (in-list (rest ticks))])
    (- later earlier)))

(define (rounded x) (/ (round (* 10 x)) 10.0))

(module+ main
  (define pauses (pauses-during (λ () (break-after 2))))
  (define breaks (for/list ([_ (in-range 20)]) (break-after 0.1)))
  (printf "ticks of 10 ms: ~a, the longest pause ~a ms\n"
          (length pauses) (rounded (apply max pauses)))
  (printf "Ctrl-C ends the wait within ~a ms (worst of ~a)\n"
          (rounded (apply max breaks)) (length breaks)))
