#lang racket/base
;; Terms whose parts are shared: sixty pairs that stand for a tree of 2^60. What the engine does with
;; them takes as long as they have pairs.

(require (except-in rackunit fail) racket/file
         "../../racket/kanren/main.rkt" "../../racket/search/frontier.rkt")

(define (shared leaf) (for/fold ([t leaf]) ([_ (in-range 60)]) (cons t t)))
(define (shared-vector leaf) (for/fold ([t leaf]) ([_ (in-range 60)]) (vector t t)))

;; The leaf at the left, after as many steps as the term is deep.
(define (leftmost t) (for/fold ([t t]) ([_ (in-range 60)]) (car t)))

(define (count-answers answers) (length answers))

(test-case "unification"
  (check-equal? (count-answers (run* (q) (== (shared 'a) (shared 'a)))) 1)
  (check-equal? (count-answers (run* (q) (== (shared 'a) (shared 'b)))) 0)
  (check-equal? (count-answers (run* (q) (== (shared-vector 'a) (shared-vector 'a)))) 1)
  (check-equal? (run* (q) (fresh (x) (== (shared x) (shared q)) (== x 1))) '(1))
  (check-equal? (leftmost (car (run* (q) (fresh (x y) (== (shared x) (shared y)) (== q (shared x))))))
                '_.0)
  ;; one side is deeper: its upper parts meet parts of every depth
  (check-equal? (count-answers (run* (q) (fresh (x) (== (shared x) (shared (cons q q)))))) 1)
  (check-equal? (count-answers (run* (q) (== q (shared (list 'a q))))) 0))

(test-case "disequality"
  (check-equal? (count-answers (run* (q) (=/= (shared 'a) (shared 'a)))) 0)
  (check-equal? (count-answers (run* (q) (=/= (shared 'a) (shared 'b)))) 1)
  (check-equal? (run* (x y) (=/= (shared x) (shared y))) '(((_.0 _.1) (=/= ((_.0 _.1))))))
  (check-equal? (run* (q) (fresh (x) (=/= x (shared q)) (== x (shared 1)) (== q 1))) '())
  (check-equal? (run* (q) (=/= q (shared q))) '(_.0))
  (check-equal? (count-answers
                 (run* (x y) (=/= x (shared y)) (=/= x (shared y)) (=/= y (shared-vector x))))
                1))

(test-case "absento and types"
  (check-equal? (run* (q) (absento 'z (shared 'a))) '(_.0))
  (check-equal? (run* (q) (absento 'a (shared 'a))) '())
  (check-equal? (run* (q) (fresh (x) (absento 'z x) (== x (shared q)))) '((_.0 (absento (z _.0)))))
  (check-equal? (count-answers (run* (q) (absento '(z) (shared q)))) 1)
  (check-equal? (count-answers (run* (x y) (absento 'z x) (=/= x (shared y)) (absento (shared 1) y)))
                1)
  (check-equal? (run* (q) (symbolo (shared q))) '()))

(test-case "integers"
  (check-equal? (run* (x) (infd x '(1 2)) (fresh (q) (== q (shared x)))) '(1 2))
  (check-equal? (count-answers (run* (q x) (infd x '(1 2)) (== q (shared x)))) 2))

(defrel (never-o x) (never-o x))

(test-case "a guided search, its texts and its file"
  (define f (make-frontier
             (query (x y)
               (== x (shared y)) (absento 'z x) (conde [(== y 1)] [(== y '(2))]) (never-o x))))
  (check-equal? (expand f 0) 'choices)
  (define texts (for/list ([i (choices f)]) (choice-text f i)))
  (check-true (andmap (λ (t) (< (bytes-length t) 5000)) texts))
  (define path (make-temporary-file))
  (save-frontier f path)
  (define g (load-frontier path))
  (check-equal? (for/list ([i (choices g)]) (choice-text g i)) texts)
  (delete-file path))

(module* test #f)      ; raco test runs what stands above
