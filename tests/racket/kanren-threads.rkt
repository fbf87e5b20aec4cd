#lang racket/base
;; Searches side by side: two threads that search at once, and a search within the code of a goal, do
;; not disturb each other's variables.

(require (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/search/frontier.rkt" "programs/lists.rkt")

;; A list of n new variables, each made while other threads may run.
(define (list-of n)
  (λ (xs)
    (if (= n 0)
        (== xs '())
        (fresh (x rest)
          (begin (sleep 0) succeed)
          (== xs (cons x rest))
          ((list-of (sub1 n)) rest)))))


(defrel (triple-o xs)
  (fresh (a b)
    ((list-of 3) a)
    (appendo a b xs)
    ((list-of 2) b)))

(define (answers-found)
  (define f (make-frontier (query (x y) (triple-o x) (triple-o y))))
  (let loop () (define i (oldest-choice f)) (when i (expand f i) (loop)))
  (list (run* (x y) (triple-o x) (triple-o y)) (answers f)))

(test-case "threads that search at once"
  (define expected (answers-found))
  (define found (make-vector 4 #f))
  (for-each thread-wait
            (for/list ([i (in-range 4)])
              (thread (λ () (for ([_ 10]) (vector-set! found i (answers-found)))))))
  (for ([one (in-vector found)]) (check-equal? one expected)))

(test-case "a search within the code of a goal"
  (define (found) (run 1 (q) (== q 1)))
  (define (nested-o x)
    (fresh (a b c)
      (== x (list a b c))
      (== (list a) (found))
      (fresh (d) (== d 2) (== b d) (== c 3))))
  (check-equal? (run* (q) (nested-o q)) '((1 2 3))))

(test-case "a goal with fresh variables outside of a search is a mistake"
  (check-exn #rx"^fresh: there are fresh variables only in a query or in a relation"
             (λ () (fresh (x) (== x 1)))))

(module* test #f)      ; raco test runs what stands above
