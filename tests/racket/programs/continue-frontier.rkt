#lang racket/base
;; racket continue-frontier.rkt FILE: the answers of a saved frontier after twenty more expansions of
;; the choice that has waited longest.

(module+ main
  (require "../../../racket/search/frontier.rkt" "evaluator.rkt")
  (define f (load-frontier (vector-ref (current-command-line-arguments) 0)))
  (for ([_ (in-range 20)]) (expand f (oldest-choice f)))
  (write (answers f)))
