#lang racket/base
;; racket continue.rkt N < STREAM: the next N answers of a stream that another process printed.

(module+ main
  (require "../../../racket/kanren/main.rkt" "../../../racket/kanren/core/reify.rkt"
           "../../../racket/kanren/core/term.rkt" "evaluator.rkt" "lists.rkt" "numbers.rkt")
  (define n (string->number (vector-ref (current-command-line-arguments) 0)))
  (write (for/list ([st (in-list (stream-take n (read)))]) (reify st initial-var))))
