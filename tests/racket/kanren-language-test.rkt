#lang racket/base
;; The language: answers as they are printed, what the constraints mean, mistakes, and both faces.

(require (except-in rackunit fail)
         "../../racket/kanren/main.rkt"
         (prefix-in first: "../../racket/kanren/first-order.rkt")
         "programs/evaluator.rkt" "programs/lists.rkt" "programs/numbers.rkt")

;; -- answers ----------------------------------------------------------------------------------------

(check-equal? (run* (q) (== q 5)) '(5))
(check-equal? (run* (x y) (== x 1) (== y 2)) '((1 2)))
(check-equal? (run* (q) succeed) '(_.0))
(check-equal? (run* (q) fail) '())
(check-equal? (run* (x y) (== x y)) '((_.0 _.0)))
(check-equal? (run* (q) (fresh (a b) (== q `(,a ,b ,a)))) '((_.0 _.1 _.0)))
(check-equal? (run 2 (q) (membero q '(a b c))) '(a b))
(check-equal? (run* (x y) (appendo x y '(1 2))) '((() (1 2)) ((1) (2)) ((1 2) ())))
(check-equal? (run* (q) (=/= q 'm)) '((_.0 (=/= ((_.0 m))))))
(check-equal? (run* (q) (symbolo q)) '((_.0 (sym _.0))))
(check-equal? (run* (x y) (numbero x) (numbero y)) '(((_.0 _.1) (num _.0 _.1))))
(check-equal? (run* (q) (stringo q)) '((_.0 (str _.0))))
(check-equal? (run* (q) (not-symbolo q)) '((_.0 (not-sym _.0))))
(check-equal? (run* (q) (not-numbero q) (not-stringo q)) '((_.0 (not-num _.0) (not-str _.0))))
(check-equal? (run* (q) (absento 'a q)) '((_.0 (absento (a _.0)))))
(check-equal? (run* (x y) (symbolo y) (numbero x) (=/= `(,x ,y) '(1 a)))
              '(((_.0 _.1) (=/= ((_.0 1) (_.1 a))) (num _.0) (sym _.1))))

;; constraints of an answer are minimal, said once, and only of its own variables
(check-equal? (run* (q) (=/= q 1) (=/= q 1)) '((_.0 (=/= ((_.0 1))))))
(check-equal? (run* (x y) (=/= x 1) (=/= `(,x ,y) '(1 2))) '(((_.0 _.1) (=/= ((_.0 1))))))
(check-equal? (run* (x y) (=/= x y) (=/= y x)) '(((_.0 _.1) (=/= ((_.0 _.1))))))
(check-equal? (run* (q) (fresh (x) (=/= x 1))) '(_.0))
(check-equal? (run* (q) (fresh (x) (=/= x q))) '(_.0))
(check-equal? (run* (q) (symbolo q) (=/= q 5)) '((_.0 (sym _.0))))
(check-equal? (run* (q) (=/= q 5) (symbolo q)) '((_.0 (sym _.0))))
(check-equal? (run* (q) (numbero q) (absento 'a q)) '((_.0 (num _.0))))
(check-equal? (run* (q) (absento 'a q) (=/= q 'a)) '((_.0 (absento (a _.0)))))
(check-equal? (run* (q) (fresh (x) (absento x q))) '(_.0))

;; -- what constraints mean --------------------------------------------------------------------------

(check-equal? (run* (q) (symbolo q) (numbero q)) '())
(check-equal? (run* (q) (symbolo q) (== q 5)) '())
(check-equal? (run* (q) (not-symbolo q) (symbolo q)) '())
(check-equal? (run* (q) (=/= q 5) (== q 5)) '())
(check-equal? (run* (q) (fresh (x y) (symbolo x) (symbolo y) (=/= x y) (== x y))) '())
(check-equal? (run* (q) (fresh (x y) (symbolo x) (symbolo y) (== x y) (=/= x y))) '())
(check-equal? (run* (q) (fresh (x y) (=/= x y) (numbero x) (symbolo y) (== q 'ok))) '(ok))
(check-equal? (run* (q) (fresh (x y) (=/= `(,x ,y) '(1 2)) (== y 2) (== x 1))) '())
(check-equal? (run* (q) (absento 'a q) (== q '(b (c a)))) '())
(check-equal? (run* (q) (fresh (x) (absento 'a `(b ,x)) (== x 'c) (== q x))) '(c))
(check-equal? (run* (q) (fresh (x) (absento x '(a b)) (== x 'a))) '())
(check-equal? (run* (q) (fresh (x) (absento '(1) x) (== x '(2 1)))) '())
(check-equal? (run* (q) (fresh (x) (== x `(1 ,x)))) '())              ; no cyclic terms
(check-equal? (run* (q) (fresh (x y) (== `(,x ,y) `((1 ,y) (1 ,x))))) '())
(check-equal? (run* (q) (fresh (x) (== `#(,x) x))) '())

;; atoms and vectors compare by what they hold
(check-equal? (run* (q) (== (string-append "a" "b") "ab") (== q 1)) '(1))
(check-equal? (run* (q) (== (bytes 1 2) #"\1\2") (== q 1)) '(1))
(check-equal? (run* (q) (== (vector 1 q) '#(1 2))) '(2))
(check-equal? (run* (q) (== '#(1) '#(1 2))) '())
(check-equal? (run* (q) (=/= (string #\a) "a")) '())
(check-equal? (run* (q) (== q #f)) '(#f))
(check-equal? (run* (q) (fresh (x) (== x #f) (== q `(,x)))) '((#f)))
(check-equal? (run* (q) (=/= q #f) (== q #f)) '())
(check-equal? (run* (q) (== 1 1.0)) '())
(check-exn #rx"^==: not a term" (λ () (run* (q) (== q car))))
(check-exn #rx"^==: not a term" (λ () (run* (q) (== q (list 1 car)))))
(check-exn #rx"^=/=: not a term" (λ () (run* (q) (=/= q car))))
(check-exn #rx"^absento: not a term" (λ () (run* (q) (absento car q))))
(check-exn #rx"not a term" (λ () (run* (q) (== q (string->uninterned-symbol "x")))))

;; -- relations --------------------------------------------------------------------------------------

(defrel (swapo pair result)
  (matche pair
    [(,a . ,b) (== result `(,b . ,a))]))
(check-equal? (run* (q) (swapo '(1 . 2) q)) '((2 . 1)))

(defrel (zipo xs ys zs)
  (matche (xs ys zs)
    [(() ,_ ())]
    [((,x . ,xs1) (,y . ,ys1) ((,x ,y) . ,zs1)) (zipo xs1 ys1 zs1)]))
(check-equal? (run* (q) (zipo '(1 2) '(a b c) q)) '(((1 a) (2 b))))

(defrel (same-nameo x) (fresh (y) (== y 1) (fresh (y) (== y 2) (== x y))))
(check-equal? (run* (q) (same-nameo q)) '(2))

(define-relation (dotted x) (== x '(1 . 2)))
(check-equal? (run* (q) (dotted q)) '((1 . 2)))

(defrel (anyo g) g)                       ; a goal as an argument is data as well
(check-equal? (run* (q) (anyo (== q 1))) '(1))

(define (helper x) (fresh (y) (== x `(,y ,y))))
(defrel (calls-helper x) (fresh (z) (== x `(,z)) (conde [(helper z)] [(== z 'other)])))
(check-equal? (run* (q) (calls-helper q)) '(((_.0 _.0)) (other)))

(check-equal? (length (run* (p q) (*o p q (numeral 12)))) 6)
(check-equal? (run* (q) (pluso '(1 1) '(0 1) q)) '((1 0 1)))
(check-equal? (run 1 (e) (evalo e e))
              '((app (lambda (list (quote app) (var ()) (list (quote quote) (var ()))))
                     (quote (lambda (list (quote app) (var ()) (list (quote quote) (var ()))))))))
(check-equal? (run 2 (q) (conde [(nevero q)] [(== q 1)] [(alwayso q)])) '(1 yes))

;; -- mistakes ---------------------------------------------------------------------------------------

(define-namespace-anchor here)
(define names (namespace-anchor->namespace here))
(define-syntax-rule (check-mistake pattern form)
  (check-exn pattern (λ () (parameterize ([current-namespace names]) (expand 'form)))))
(check-mistake #rx"^fresh: expected" (fresh x (== x 1)))
(check-mistake #rx"^fresh: expected" (fresh (x)))
(check-mistake #rx"^conde: expected" (conde))
(check-mistake #rx"^conde: expected" (conde ()))
(check-mistake #rx"^run: expected" (run 1))
(check-mistake #rx"^run[*]: expected" (run* (q)))
(check-mistake #rx"^run[*]: expected" (run* (1) (== 1 1)))
(check-mistake #rx"^query: expected" (query q))
(check-mistake #rx"^defrel: expected" (defrel name (== 1 1)))
(check-mistake #rx"^define-relation: expected" (define-relation (name 1) (== 1 1)))
(check-mistake #rx"^matche: expected" (matche))
(check-mistake #rx"^defprimitive: expected" (defprimitive (p x) (== x 1)))
(check-mistake #rx"^fd: expected" (fd (3)))
(check-mistake #rx"^fresh: the name is declared twice" (fresh (x x) (== x 1)))
(check-mistake #rx"^run[*]: the name is declared twice" (run* (x x) (== x 1)))
(check-mistake #rx"^query: the name is declared twice" (query (x x) (== x 1)))
(check-mistake #rx"^defrel: the name is declared twice" (defrel (name x x) (== x 1)))
(check-mistake #rx"^defrel: a relation is defined at module or REPL top level"
               (let () (defrel (name x) (== x 1)) 1))
(check-mistake #rx"^defprimitive: not a parameter" (defprimitive (p x) #:inputs (y) (== x 1)))
(check-mistake #rx"^infd: expected" (infd))

(check-exn #rx"^run: not a goal: .* a line of a conde" (λ () (run* (q) (conde (== q 1)))))
(check-exn #rx"^run: expected a number of answers" (λ () (run -1 (q) (== q 1))))
(check-exn #rx"^run: expected a number of answers" (λ () (first:run 'a (q) (first:== q 1))))

;; -- first-order-miniKanren's face ------------------------------------------------------------------

(check-equal? (first:run* (x) (first:== x 1)) '((1)))
(check-equal? (first:run* (x y) (first:symbolo y) (first:numbero x) (first:=/= y 'm))
              '(#s(Ans (_.0 _.1) ((=/= ((_.1 m))) (num _.0) (sym _.1)))))
(check-equal? (first:run* (x y) (first:not-symbolo x) (first:not-numbero x) (first:stringo y))
              '(#s(Ans (_.0 _.1) ((not-num _.0) (not-sym _.0) (str _.1)))))
(check-equal? (first:run 3 (x y z) (appendo x y z))
              '((() _.0 _.0) ((_.0) _.1 (_.0 . _.1)) ((_.0 _.1) _.2 (_.0 _.1 . _.2))))

(module* test #f)      ; raco test runs what stands above
