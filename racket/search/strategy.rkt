#lang racket/base
;; Search strategies: which open choices are the candidates of a step.

(require racket/contract/base "frontier.rkt")
(provide
 strategy?
 (contract-out
  [strategy-names (listof symbol?)]
  [make-strategy (-> symbol? frontier? strategy?)]
  [candidates (-> strategy? (or/c 'all (listof exact-nonnegative-integer?)))]
  [picked! (-> strategy? exact-nonnegative-integer? symbol? void?)]
  [guided? (-> strategy? boolean?)]))

;; A Strategy follows one frontier.
;;   descend     the children of the last pick; at a dead end the nearest open ones above; from the
;;               root again after an answer
;;   best-first  all open choices, as in neural-guided constraint logic programming
;;   fair        the choice that has waited longest, unguided: it reaches every answer
;; `at` is the choice whose children `descend` offers.
(struct strategy (name frontier [at #:mutable]))

(define strategy-names '(descend best-first fair))

(define (make-strategy name f)
  (unless (memq name strategy-names)
    (raise-arguments-error 'make-strategy "unknown strategy" "got" name "expected one of"
                           strategy-names))
  (strategy name f 0))

(define (guided? s) (not (eq? (strategy-name s) 'fair)))

;; The choices to pick from at this step: a list of indices, or 'all for every unexpanded one. An
;; empty list says that the space is exhausted.
(define (candidates s)
  (define f (strategy-frontier s))
  (case (strategy-name s)
    [(fair) (let ([i (oldest-choice f)]) (if i (list i) '()))]
    [(best-first) (if (eq? (choice-status f 0) 'closed) '() 'all)]
    [else
     (let loop ([at (strategy-at s)])
       (case (choice-status f at)
         [(unexpanded) (list at)]
         [(expanded) (open-children f at)]
         ;; where a limit on nodes has forgotten the way up, from the root
         [else (if (eqv? at 0) '() (loop (or (choice-parent f at) 0)))]))]))

;; Tells the strategy that a choice was expanded, and what `expand` said of it.
(define (picked! s index outcome)
  (set-strategy-at! s (if (eq? outcome 'answer) 0 index)))
