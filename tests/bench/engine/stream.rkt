#lang racket/base
;; The workloads of the stream search. The reference is the CPU milliseconds of faster-miniKanren.

(require "../../../racket/kanren/main.rkt"
         "../../racket/programs/evaluator.rkt" "../../racket/programs/lists.rkt"
         "../../racket/programs/numbers.rkt")
(provide workloads)

(define (count-answers answers) (format "~a answers" (length answers)))
(define (numbers n) (for/list ([i (in-range n)]) i))

;; n variables pairwise different, then made ground.
(define (pairwise n)
  (count-answers (run* (q) (distinct-then-ground n q))))

;; As one goal made by plain Racket: the relation itself is nothing to measure.
(define (distinct-then-ground n q)
  (with-fresh n
    (λ (xs)
      (define v (list->vector xs))
      (conj-all
       (append (for*/list ([i (in-range n)] [j (in-range i)])
                 (=/= (vector-ref v i) (vector-ref v j)))
               (for/list ([x (in-list xs)] [i (in-naturals)]) (== x i))
               (list (== q 'done)))))))

(define (with-fresh n body)
  (let loop ([n n] [xs '()])
    (if (= n 0) (body xs) (fresh (x) (loop (sub1 n) (cons x xs))))))

(define (conj-all goals)
  (for/fold ([all (car goals)]) ([g (in-list (cdr goals))]) (conj* all g)))

(define (splits n) (λ () (count-answers (run* (x y) (appendo x y (numbers n))))))

;; A Workload is (list NAME REFERENCE-MS UNIT THUNK); the thunk returns a note.
(define workloads
  (list
   (list "quine" 14 'ms (λ () (count-answers (run 1 (e) (evalo e e)))))
   (list "twine" 266 'ms
         (λ () (count-answers (run 1 (p q) (=/= p q) (evalo p q) (evalo q p)))))
   (list "thrine" 2860 'ms
         (λ ()
           (count-answers
            (run 1 (p q r)
              (=/= p q) (=/= q r) (=/= r p) (evalo p q) (evalo q r) (evalo r p)))))
   (list "logo" 1300 'ms
         (λ () (count-answers (run 9 (b q r) (logo (numeral 68) b q r) (>1o q)))))
   (list "factors of 360" 320 'ms (λ () (count-answers (run* (p q) (*o p q (numeral 360))))))
   (list "splits of 800" 68 'ms (splits 800))
   (list "splits of 400" #f 'ms (splits 400))
   (list "splits of 1600" #f 'ms (splits 1600))
   (list "splits of 3200" #f 'ms (splits 3200))
   (list "appendo forwards, 32000" 4420 'ms
         (λ () (count-answers (run* (z) (appendo (numbers 32000) '(a) z)))))
   (list "appendo forwards, 64000" #f 'ms
         (λ () (count-answers (run* (z) (appendo (numbers 64000) '(a) z)))))
   (list "naive reverse of 160" 56 'ms
         (λ () (count-answers (run* (z) (reverseo (numbers 160) z)))))
   (list "pairwise =/=, n = 8" 0 'ms (λ () (pairwise 8)))
   (list "pairwise =/=, n = 64" 2 'ms (λ () (pairwise 64)))))
