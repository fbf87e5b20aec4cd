#lang racket/base
;; Drivers of a query: answers one after another, depth first.

(require "../search/frontier.rkt")
(provide for-each-answer first-answers)

;; Calls (found ANSWER) for each answer of the frontier, depth first, until it gives #f, or until the
;; time (in seconds) is over. -> 'exhausted, 'stopped or 'timeout
(define (for-each-answer f found #:seconds [seconds +inf.0])
  (define end (+ (current-inexact-milliseconds) (* 1000 seconds)))
  (let loop ([stack '(0)])
    (cond
      [(null? stack) 'exhausted]
      [(> (current-inexact-milliseconds) end) 'timeout]
      [else
       (define i (car stack))
       (case (expand f i)
         [(choices) (loop (append (open-children f i) (cdr stack)))]
         [(unfinished) (loop stack)]
         [(answer) (if (found (newest-answer f)) (loop (cdr stack)) 'stopped)]
         [else (loop (cdr stack))])])))

;; The first n answers, or those found in time.
(define (first-answers f n #:seconds [seconds +inf.0])
  (define found '())
  (unless (= n 0)
    (for-each-answer f #:seconds seconds
                     (λ (a) (set! found (cons a found)) (< (length found) n))))
  (reverse found))
