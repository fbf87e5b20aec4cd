#lang racket/base
;; Drivers of a query: answers one after another depth first, or by walks picked at random.

(require "../search/frontier.rkt")
(provide for-each-answer first-answers random-answers)

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

;; Calls (found ANSWER) for answers found by walks from the root, each step to one of the open
;; children with equal chances, until it gives #f. No answer is found twice.
(define (random-answers f seed found)
  (define generator (make-pseudo-random-generator))
  (parameterize ([current-pseudo-random-generator generator])
    (random-seed (modulo seed (expt 2 31))))
  (let walk ([i 0])
    (case (expand f i)
      [(choices)
       (define open (open-children f i))
       (walk (list-ref open (random (length open) generator)))]
      [(answer) (when (found (newest-answer f)) (unless (eq? 'closed (choice-status f 0)) (walk 0)))]
      [(unfinished) (walk i)]
      ;; a dead end: from the root again, since all that is near may be dead as well
      [else (unless (eq? 'closed (choice-status f 0)) (walk 0))])))
