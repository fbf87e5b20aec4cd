#lang racket/base
;; Drivers of a query: answers one after another, depth first; what other drivers share.

(require "../search/frontier.rkt")
(provide for-each-answer deadline seconds-until seeded-generator)

;; Calls (found ANSWER) for each answer of the frontier, depth first, until it gives #f, or until the
;; time (in seconds) is over. -> 'exhausted, 'stopped or 'timeout
(define (for-each-answer f found #:seconds [seconds +inf.0])
  (define end (deadline seconds))
  (let loop ([stack '(0)])
    (cond
      [(null? stack) 'exhausted]
      [(< (seconds-until end) 0) 'timeout]
      [else
       (define i (car stack))
       (case (expand f i)
         [(choices) (loop (append (open-children f i) (cdr stack)))]
         [(unfinished) (loop stack)]
         [(answer) (if (found (newest-answer f)) (loop (cdr stack)) 'stopped)]
         [else (loop (cdr stack))])])))

;; A point in time so many seconds from now.
(define (deadline seconds) (+ (current-inexact-milliseconds) (* 1000 seconds)))
(define (seconds-until end) (/ (- end (current-inexact-milliseconds)) 1000))

(define (seeded-generator seed)
  (define generator (make-pseudo-random-generator))
  (parameterize ([current-pseudo-random-generator generator])
    (random-seed (modulo seed (expt 2 31))))
  generator)
