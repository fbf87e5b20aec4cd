#lang racket/base
;; A constraint family is one record: one that the engine knows nothing of (programs/even.rkt) runs,
;; is shown in answers and choice texts, is labelled, and is data like any other.

(require (except-in rackunit fail) racket/file
         "../../racket/kanren/core/family.rkt" "../../racket/kanren/main.rkt"
         "../../racket/search/frontier.rkt" "programs/even.rkt")

(define (all-answers f)
  (let loop () (define i (oldest-choice f)) (when i (expand f i) (loop)))
  (answers f))

(test-case "in the stream: with other families, before and after them"
  (check-equal? (run* (x) (evenfd x) (infd x (interval 1 7))) '(2 4 6))
  (check-equal? (run* (x y) (infd x y (interval 1 7)) (fd (= (* x x) y)) (evenfd y)) '((2 4)))
  (check-equal? (run* (x) (evenfd x) (== x 3)) '())
  (check-equal? (run* (x) (== x 4) (evenfd x)) '(4))
  (check-equal? (run* (x) (evenfd x) (symbolo x)) '())
  (check-equal? (run* (x) (fresh (y) (evenfd y) (== x y) (infd x '(3 4 5)))) '(4)))

(test-case "an answer shows it"
  (check-equal? (run* #:residual (x) (evenfd x) (infd x (interval 1 9)))
                '((_.0 (infd _.0 (interval 2 8)) (evenfd _.0)))))

(test-case "variables that no answer shows must have a solution"
  (check-equal? (run* (q) (fresh (x) (evenfd x) (=/= x 2) (infd x (interval 1 3)))) '())
  (check-equal? (run* (q) (fresh (x) (evenfd x) (infd x (interval 1 4)))) '(_.0)))

(define (even-choice)
  (make-frontier (query (x y)
                   (evenfd x) (infd x (interval 1 5))
                   (conde [(== y 'a)] [(== y 'b) (evenfd y)] [(evenfd y) (== y x)]))))

(test-case "in the frontier, its text and its file"
  (define f (even-choice))
  (check-equal? (choice-text f 0)
                (bytes-append #"(bind (state (_.0 _.1) () () () ((infd _.0 (interval 2 4)))"
                              #" ((evenfd _.0))) (conj (disj (== _.1 a)"
                              #" (conj (evenfd _.1) (== _.1 _.0)))))"))
  (define file (make-temporary-file))
  (save-frontier f file)
  (define expected (all-answers f))
  (check-equal? (sort (map (λ (a) (format "~s" a)) expected) string<?)
                '("(2 2)" "(2 a)" "(4 4)" "(4 a)"))
  (check-equal? (all-answers (load-frontier file)) expected)
  (delete-file file))

(test-case "a family that is half a family, or there already, is named"
  (define (half #:name [name 'half] #:slot [slot 'arithmetic] #:constraint? [constraint? #f])
    (make-family name #:goal? void #:post void #:goal-text void #:slot slot
                 #:constraint? constraint? #:clauses void))
  (check-exn #rx"unknown slot of the choice text.*half.*elsewhere" (λ () (half #:slot 'elsewhere)))
  (check-exn #rx"need #:run, #:terms and #:constraint-text" (λ () (half #:constraint? void)))
  (check-exn #rx"of this name is registered already.*even"
             (λ () (register-family! (half #:name 'even)))))

(module* test #f)      ; raco test runs what stands above
