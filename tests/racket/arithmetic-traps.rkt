#lang racket/base
;; Integer constraints where implementations go wrong, each a small test.

(require (except-in rackunit fail) "../../racket/kanren/main.rkt")

(define-syntax-rule (check-answers run-form answer ...)
  (check-equal? run-form (list answer ...)))

(define billion 1000000000)

;; -- domains --------------------------------------------------------------------------------------

(test-case "a domain is a list or an interval, both ends included"
  (check-answers (run* (x) (infd x '(3 1 2 2))) 1 2 3)
  (check-answers (run* (x) (infd x (interval -1 1))) -1 0 1)
  (check-answers (run* (x) (domfd x (interval 2 4)) (domfd x '(1 2 4 5))) 2 4)
  (check-answers (run* (x y) (infd x y '(0 1)) (<fd x y)) '(0 1))
  (check-answers (run* (x) (infd x (interval 3 2))))
  (check-answers (run* (x) (infd x '()))))

(test-case "open ends"
  (check-answers (run* (x) (infd x (interval 5 +inf)) (<=fd x 6)) 5 6)
  (check-answers (run* (x) (infd x (interval -inf -5)) (>fd x -7)) -6 -5))

(test-case "a bad domain is an error that says what was expected"
  (check-exn #rx"expected a list of integers or \\(interval LO HI\\)" (λ () (infd 1 '(a))))
  (check-exn #rx"expected a list of integers" (λ () (domfd 1 (interval 'a 3)))))

(test-case "a domain of one value binds the variable"
  (check-answers (run* #:residual (x y) (infd x '(7)) (== y (list x))) '(7 (7)))
  (check-answers (run* #:residual (x) (infd x (interval 1 5)) (infd x (interval 5 9))) 5)
  (check-answers (run* #:residual (x) (infd x '(1 2)) (=/=fd x 1)) 2))

(test-case "variables that are unified intersect their domains"
  (check-answers (run* (x y) (infd x '(1 2 3)) (infd y '(3 4 2)) (== x y)) '(2 2) '(3 3))
  (check-answers (run* (x y) (infd x '(1 2)) (infd y '(3 4)) (== x y)))
  (check-answers (run* (x y) (== x y) (infd x '(1 2)) (infd y '(2 3))) '(2 2)))

(test-case "aliasing after constraints were posted"
  (check-answers (run* (x y) (infd x y (interval 0 9)) (+fd x y 8) (== x y)) '(4 4))
  (check-answers (run* (x y) (infd x y (interval 0 9)) (<fd x y) (== x y)))
  (check-answers (run* (x y) (infd x y (interval -9 9)) (*fd x y 9) (== x y)) '(-3 -3) '(3 3))
  (check-answers (run* (x y) (infd x y (interval 0 9)) (=/=fd x y) (== x y)))
  (check-answers (run* (x y z) (infd x y z (interval 0 2)) (distinctfd (list x y z)) (== x z)))
  (check-answers (run* (x y) (infd x y (interval 1 5)) (fd (= (- x y) (* 0 x))) (== x 3)) '(3 3)))

(test-case "what is no integer"
  (check-answers (run* (x) (infd x '(1 2)) (== x 'a)))
  (check-answers (run* (x) (== x 'a) (infd x '(1 2))))
  (check-answers (run* (x) (infd x '(1 2)) (== x "1")))
  (check-answers (run* (x) (infd x '(1 2)) (== x 1.0)))
  (check-answers (run* (x) (infd x '(1 2)) (== x '(1))))
  (check-answers (run* (x) (infd x '(1 2)) (symbolo x)))
  (check-answers (run* (x) (symbolo x) (infd x '(1 2))))
  (check-answers (run* (x) (stringo x) (+fd x 1 3)))
  (check-answers (run* (x) (infd x '(1 2)) (not-numbero x)))
  (check-answers (run* (x) (infd x '(1 2)) (numbero x)) 1 2)
  (check-answers (run* (x) (+fd x 'a 3)))
  (check-answers (run* (x y) (+fd x y 3) (== y 'a)))
  (check-answers (run* (x) (=fd x x) (== x 'a))))

(test-case "disequality meets domains"
  (check-answers (run* (x) (infd x '(1 2 3)) (=/= x 2)) 1 3)
  (check-answers (run* (x) (=/= x 2) (infd x '(1 2 3))) 1 3)
  (check-answers (run* (x y) (infd x y '(1 2)) (=/= x y)) '(1 2) '(2 1))
  (check-answers (run* (x y) (infd x y '(1 2)) (=/= (list x y) '(1 2))) '(1 1) '(2 1) '(2 2))
  (check-answers (run* (x) (infd x '(1 2)) (=/= x 'a)) 1 2)
  (check-answers (run* (x) (infd x '(1)) (=/= x 1))))

;; -- arithmetic -----------------------------------------------------------------------------------

(test-case "negative intervals and products of mixed sign"
  (check-answers (run* (x y) (infd x (interval -2 2)) (infd y (interval -2 2)) (*fd x y -4))
                 '(-2 2) '(2 -2))
  (check-answers (run* (x) (infd x (interval -9 9)) (*fd x x 49)) -7 7)
  (check-answers (run* (x z) (infd x (interval -2 1)) (*fd x x z)) '(-2 4) '(-1 1) '(0 0) '(1 1))
  (check-answers (run* (x) (infd x (interval -9 9)) (fd (= (* x x x) -8))) -2)
  (check-answers (run* (x y) (infd x (interval -3 -1)) (infd y (interval -3 -1)) (*fd x y 6))
                 '(-3 -2) '(-2 -3))
  (check-answers (run* (z) (fresh (x y) (infd x (interval -3 2)) (infd y (interval -1 4))
                             (*fd x y z) (fd (<= z -11))))
                 -12))

(test-case "zero in products"
  (check-answers (run* (x) (infd x (interval -2 2)) (*fd x 0 0)) -2 -1 0 1 2)
  (check-answers (run* (x) (infd x (interval -2 2)) (*fd x 0 1)))
  (check-answers (run* (x y) (infd x y (interval 0 1)) (*fd x y 0)) '(0 0) '(0 1) '(1 0))
  (check-answers (run* (x y) (infd x y (interval -1 1)) (*fd x y 1)) '(-1 -1) '(1 1)))

(test-case "zero as a divisor is a failure"
  (check-answers (run* (q) (quotientfd 5 0 q)))
  (check-answers (run* (r) (remainderfd 5 0 r)))
  (check-answers (run* (x q) (infd x '(1 2)) (quotientfd x 0 q)))
  (check-answers (run* (y q) (infd y '(-1 0 2)) (quotientfd 4 y q)) '(-1 -4) '(2 2))
  (check-answers (run* (y r) (infd y '(-3 0 3)) (remainderfd 4 y r)) '(-3 -2) '(3 1))
  (check-answers (run* (y q) (quotientfd 4 y q) (== y 0)))
  (check-answers (run* (y) (infd y '(0 1)) (fd (= 0 (* 0 (quotient 4 y))))) 1)
  (check-answers (run* (y) (infd y '(0 1 2)) (fd (<= (quotient 4 (- y 1)) 4))) 0 2))

(test-case "quotients round down, remainders have the sign of the divisor"
  (check-answers (run* (q r) (quotientfd -7 2 q) (remainderfd -7 2 r)) '(-4 1))
  (check-answers (run* (q r) (quotientfd 7 -2 q) (remainderfd 7 -2 r)) '(-4 -1))
  (check-answers (run* (q r) (quotientfd -7 -2 q) (remainderfd -7 -2 r)) '(3 -1))
  (check-answers (run* (x) (infd x (interval -20 20)) (quotientfd x 5 -2)) -10 -9 -8 -7 -6)
  (check-answers (run* (x) (infd x (interval 0 20)) (remainderfd x 7 6)) 6 13 20))

(test-case "+ and * that share variables"
  (check-answers (run* (x y) (infd x y (interval 0 9)) (+fd x y 7) (*fd x y 12)) '(3 4) '(4 3))
  (check-answers (run* (x) (infd x (interval 0 100)) (fd (= (* x x) (+ x 6)))) 3)
  (check-answers (run* (x y z) (infd x y z (interval 1 6)) (+fd x y z) (*fd x y z)) '(2 2 4)))

(test-case "<= between a variable and itself, and in cycles"
  (check-answers (run* (x) (infd x '(1 2)) (<=fd x x)) 1 2)
  (check-answers (run* (x) (infd x '(1 2)) (<fd x x)))
  (check-answers (run* (x y) (infd x y '(1 2)) (<=fd x y) (<=fd y x)) '(1 1) '(2 2))
  (check-answers (run* (x y) (infd x y (interval 0 billion)) (<fd x y) (<fd y x)))
  (check-answers (run* (x y) (infd x y (interval 0 +inf)) (<fd x y) (<fd y x)))
  (check-answers (run* (x y) (<fd x y) (<fd y x)))
  (check-answers (run* (x y z) (infd x y z (interval 0 billion)) (<fd x y) (<fd y z) (<fd z x)))
  (check-answers (run* (x y z) (infd x y z (interval 0 billion)) (+fd x y z) (<fd z x)))
  (check-answers (run* (x y) (infd x y (interval 1 billion)) (fd (< (* 2 x) y)) (fd (< y x)))))

(test-case "cycles of longer sums, and parity"
  (check-answers (run* (x y z) (infd x y z (interval 0 billion))
                   (fd (< x (+ y z))) (fd (< (+ y z) x))))
  (check-answers (run* (x y) (infd x y (interval 0 +inf)) (fd (= x (+ y 1))) (fd (= y (+ x 1)))))
  (check-answers (run* (x y) (infd x y (interval 0 billion)) (fd (= (* 2 x) (+ (* 2 y) 1)))))
  (check-answers (run* (x y) (infd x y (interval 0 billion))
                   (<=fd x y) (<=fd y x) (fd (= (+ x y) 10)))
                 '(5 5)))

(test-case "very large intervals are not enumerated"
  (check-answers (run 3 (x) (infd x (interval 1 billion)) (>fd x 999999990)) 999999991 999999992
                 999999993)
  (check-answers (run* (x y) (infd x y (interval 1 billion)) (+fd x y 3)) '(1 2) '(2 1))
  (check-answers (run* (x) (infd x (interval 1 billion)) (*fd x x 144)) 12)
  (check-answers (run* (x) (infd x (interval 0 billion)) (fd (= (* 7 x) 6999999993))) 999999999)
  (check-answers (run* #:residual (x) (infd x (interval 1 billion)) (=/=fd x 5))
                 `(_.0 (infd _.0 (union (interval 1 4) (interval 6 ,billion)))))
  (check-answers (run 1 (x) (infd x (interval 1 billion)) (=/= x 1)) 2))

(test-case "values to 10^12 and beyond"
  (define big (expt 10 30))
  (check-answers (run* (x) (infd x (interval 0 big)) (*fd x 3 (* 3 big))) big)
  (check-answers (run* (x) (+fd x big (* 2 big))) big)
  (check-answers (run* (x) (infd x (interval 0 big)) (*fd x x (* big big))) big)
  (check-answers (run* (x) (infd x (interval (- 5 big) (- 7 big))) (quotientfd x 2 (- 3 (/ big 2))))
                 (- 6 big) (- 7 big)))

(test-case "no two of a list are equal"
  (check-equal? (length (run* (xs) (fresh (a b c) (== xs (list a b c)) (infd a b c '(1 2 3))
                                     (distinctfd xs))))
                6)
  (check-answers (run* (a b c) (infd a b c '(1 2)) (distinctfd (list a b c))))
  (check-answers (run* (a) (infd a '(1 2 3)) (distinctfd (list 1 a 3))) 2)
  (check-answers (run* (xs) (distinctfd (cons 1 xs)) (fresh (a) (== xs (list a 2)) (infd a '(1 2 3))))
                 '(3 2))
  (check-answers (run* (x) (infd x '(1 2)) (distinctfd (list 5 5 x))))
  (check-answers (run* (x) (infd x '(1 2)) (distinctfd x))))

;; -- labelling ------------------------------------------------------------------------------------

(test-case "a variable without end is an error that names it"
  (check-exn
   #rx"variable _\\.0 of the answer \\(_\\.0 _\\.1\\) has no finite domain.*\\(infd x DOMAIN\\)"
   (λ () (run* (x y) (<fd x y))))
  (check-exn #rx"the variable _\\.0 .*\\(interval 3 \\+inf\\)" (λ () (run* (x) (>fd x 2)))))

(test-case "variables that the answer does not show count once"
  (check-answers (run* (x) (fresh (y) (infd x y '(1 2 3)) (<fd x y))) 1 2)
  (check-answers (run* (x) (fresh (y z) (infd x '(1 2)) (infd y z '(0 1)) (=/=fd y z))) 1 2)
  (check-answers (run* (x) (fresh (y z w) (infd x '(1 2)) (infd y z w '(0 1))
                             (=/=fd y z) (=/=fd z w) (=/=fd w y))))
  (check-answers (run* (x) (fresh (y z) (infd x '(1 2)) (<fd y z))) 1 2)
  (check-answers (run* (x) (fresh (y z) (infd x '(1 2)) (<fd y z) (<fd z y)))))

(test-case "orders of labelling"
  (define (labelled label-goal)
    (run* (x y) (infd x (interval 1 3)) (infd y (interval 1 2)) (label-goal x y)))
  (define all '((1 1) (1 2) (2 1) (2 2) (3 1) (3 2)))
  (check-equal? (labelled (λ (x y) succeed)) all)
  (check-equal? (labelled (λ (x y) (labelfd x y))) all)
  (check-equal? (labelled (λ (x y) (labelfd y x))) '((1 1) (2 1) (3 1) (1 2) (2 2) (3 2)))
  (check-equal? (labelled (λ (x y) (labelfd #:order first-fail x y)))
                '((1 1) (2 1) (3 1) (1 2) (2 2) (3 2)))
  (check-equal? (labelled (λ (x y) (labelfd #:order bisect x y))) all)
  (check-equal? (length (run* (x) (infd x (interval 1 1000)))) 1000))

;; -- residual constraints -------------------------------------------------------------------------

(test-case "#:residual prints what is known"
  (check-answers (run* #:residual (x) (infd x '(1 3 5 7))) '(_.0 (infd _.0 (1 3 5 7))))
  (check-answers (run* #:residual (x) (infd x (interval 1 16))) '(_.0 (infd _.0 (interval 1 16))))
  (check-answers (run* #:residual (x y) (infd x y (interval 1 9)) (<=fd x y))
                 '((_.0 _.1) (infd _.0 (interval 1 9)) (infd _.1 (interval 1 9)) (<=fd _.0 _.1)))
  (check-answers (run* #:residual (x y z) (infd x y z (interval 0 9)) (+fd x y z) (<fd x y))
                 '((_.0 _.1 _.2)
                   (infd _.0 (interval 0 8)) (infd _.1 (interval 1 9)) (infd _.2 (interval 1 9))
                   (+fd _.0 _.1 _.2) (<fd _.0 _.1)))
  (check-answers (run* #:residual (o c) (infd o c (interval 1 99)) (fd (<= (* o o c) 4096)))
                 '((_.0 _.1) (infd _.0 (interval 1 64)) (infd _.1 (interval 1 99))
                             (<=fd (* _.0 _.0 _.1) 4096)))
  (check-answers (run 1 #:residual (x y q) (quotientfd x y q) (infd x y q (interval 1 99)))
                 '((_.0 _.1 _.2)
                   (infd _.0 (interval 1 99)) (infd _.1 (interval 1 99)) (infd _.2 (interval 1 99))
                   (quotientfd _.0 _.1 _.2))))

(test-case "constraints that hold already are gone"
  (check-answers (run* #:residual (x y) (infd x '(1 2)) (infd y '(3 4)) (<fd x y))
                 '((_.0 _.1) (infd _.0 (interval 1 2)) (infd _.1 (interval 3 4))))
  (check-equal? (fd (> 7 1)) succeed)
  (check-equal? (fd (= (* 2 3) 7)) fail))

(module* test #f)      ; raco test runs what stands above
