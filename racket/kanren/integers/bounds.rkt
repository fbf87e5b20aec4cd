#lang racket/base
;; Bounds of integer expressions: from the domains of the variables up to the whole, and from the
;; bounds of the whole down into the variables' domains.

(require "../core/domain.rkt" "expression.rkt" "../core/term.rkt")
(provide sum-bounds narrow-sum!)

;; Bounds are two numbers, the least and the greatest value: integers, or -inf.0 / +inf.0 for an open
;; end. Only comparison, sum, product and negation ever meet an infinite one, so no other inexact
;; number comes up.

;; -- up -------------------------------------------------------------------------------------------

;; -> least and greatest value of an expression whose bound variables are folded
(define (bounds tx e)
  (cond
    [(var? e)
     (define d (known-domain tx e))
     (if d (values (domain-min d) (domain-max d)) (values -inf.0 +inf.0))]
    [(exact-integer? e) (values e e)]
    [else
     (case (car e)
       [(*) (let loop ([factors (cdr e)] [lo 1] [hi 1])
              (if (null? factors)
                  (values lo hi)
                  (let-values ([(a b) (factor-bounds tx (car factors))])
                    (let-values ([(lo hi) (interval* lo hi a b)])
                      (loop (cdr factors) lo hi)))))]
       [(+) (sum-bounds tx (cdr e))]
       [else
        (define-values (al ah) (bounds tx (cadr e)))
        (define-values (bl bh) (bounds tx (caddr e)))
        (if (eq? (car e) 'quotient)
            (quotient-bounds al ah bl bh)
            (remainder-bounds al ah bl bh))])]))

(define (sum-bounds tx s)
  (let loop ([terms (cdr s)] [lo (car s)] [hi (car s)])
    (if (null? terms)
        (values lo hi)
        (let-values ([(a b) (term-bounds tx (car terms))])
          (loop (cdr terms) (+ lo a) (+ hi b))))))

(define (term-bounds tx t)
  (define k (car t))
  (define-values (lo hi) (bounds tx (cdr t)))
  (cond [(eqv? k 1) (values lo hi)]
        [(> k 0) (values (* k lo) (* k hi))]
        [else (values (* k hi) (* k lo))]))

(define (factor-bounds tx f)
  (define-values (lo hi) (bounds tx (car f)))
  (define n (cdr f))
  (cond [(eqv? n 1) (values lo hi)]
        [(>= lo 0) (values (power lo n) (power hi n))]
        [(odd? n) (values (power lo n) (power hi n))]
        [(<= hi 0) (values (power hi n) (power lo n))]
        [else (values 0 (larger (power lo n) (power hi n)))]))

(define (power a n) (if (eqv? n 2) (* a a) (expt a n)))

(define (interval* a b c d)
  (if (and (>= a 0) (>= c 0))
      (values (* a c) (* b d))
      (let ([p (* a c)] [q (* a d)] [r (* b c)] [s (* b d)])
        (values (smaller (smaller p q) (smaller r s)) (larger (larger p q) (larger r s))))))

(define (larger a b) (if (< a b) b a))
(define (smaller a b) (if (< b a) b a))

;; floor(a / b): the divisor is not 0
(define (quotient-bounds al ah bl bh)
  (cond
    [(> bl 0) (values (floor/ al (if (>= al 0) bh bl)) (floor/ ah (if (>= ah 0) bl bh)))]
    [(< bh 0) (quotient-bounds (- ah) (- al) (- bh) (- bl))]
    [(and (eqv? bl 0) (> bh 0)) (quotient-bounds al ah 1 bh)]
    [(and (eqv? bh 0) (< bl 0)) (quotient-bounds al ah bl -1)]
    [else (let ([m (larger (- al) ah)]) (values (- m) m))]))

;; a - b·floor(a / b): has the sign of b and is smaller
(define (remainder-bounds al ah bl bh)
  (cond
    [(> bl 0)
     (cond [(and (>= al 0) (< ah bl)) (values al ah)]
           [(same-quotient al ah bl bh) => (λ (q) (values (- al (* bl q)) (- ah (* bl q))))]
           [else (values 0 (if (>= al 0) (smaller ah (- bh 1)) (- bh 1)))])]
    [(< bh 0)
     (define-values (lo hi) (remainder-bounds (- ah) (- al) (- bh) (- bl)))
     (values (- hi) (- lo))]
    [else (values (if (< bl 0) (+ bl 1) 0) (if (> bh 0) (- bh 1) 0))]))

;; The quotient that all of al … ah have by one divisor, or #f.
(define (same-quotient al ah bl bh)
  (and (eqv? bl bh) (exact-integer? al) (exact-integer? ah)
       (let ([q (floor-quotient al bl)]) (and (= q (floor-quotient ah bl)) q))))

;; floor and ceiling of a / b for b > 0, either of them infinite (a / +inf.0 is a little above or
;; below 0)
(define (floor/ a b)
  (cond [(not (exact-integer? b)) (if (< a 0) (if (exact-integer? a) -1 a) 0)]
        [(exact-integer? a) (floor-quotient a b)]
        [else a]))
(define (ceiling/ a b)
  (cond [(not (exact-integer? b)) (if (> a 0) (if (exact-integer? a) 1 a) 0)]
        [(exact-integer? a) (- (floor-quotient (- a) b))]
        [else a]))

;; -- down -----------------------------------------------------------------------------------------

;; Posts lo <= e <= hi by narrowing the domains of its variables. -> #f when that cannot be
(define (narrow! tx e lo hi)
  (cond
    [(var? e) (restrict-bounds! tx e lo hi)]
    [(exact-integer? e) (<= lo e hi)]
    [else
     (case (car e)
       [(*) (let-values ([(a b) (narrow-factors! tx (cdr e) 1 1 lo hi)]) (and a #t))]
       [(+) (and (narrow-sum! tx (cdr e) lo hi) #t)]
       [(quotient) (narrow-quotient! tx (cadr e) (caddr e) lo hi)]
       [else (narrow-remainder! tx (cadr e) (caddr e) lo hi)])]))

;; Posts lo <= s <= hi. -> #f when that cannot be, 'entailed when it holds for all values that the
;; variables may take, and #t otherwise
(define (narrow-sum! tx s lo hi)
  (define constant (car s))
  (define-values (status _) (narrow-terms! tx (cdr s) 0 0 (- lo constant) (- hi constant)))
  (if (number? status) #t status))

;; Each term lies within lo … hi less the others. `before` are the bounds of the terms before these;
;; the values returned are the bounds of these, so that every term sees the bounds of all others. The
;; first value is #f on failure, 'entailed when nothing is to be narrowed.
(define (narrow-terms! tx terms before-lo before-hi lo hi)
  (cond
    [(null? terms)
     (cond [(or (> before-lo hi) (< before-hi lo)) (values #f #f)]
           [(and (>= before-lo lo) (<= before-hi hi)) (values 'entailed #f)]
           [else (values 0 0)])]
    [else
     (define t (car terms))
     (define-values (a b) (term-bounds tx t))
     (define-values (after-lo after-hi)
       (narrow-terms! tx (cdr terms) (+ before-lo a) (+ before-hi b) lo hi))
     (cond
       [(not (number? after-lo)) (values after-lo #f)]
       [else
        (define least (- lo (+ before-hi after-hi)))
        (define most (- hi (+ before-lo after-lo)))
        (if (or (and (<= least a) (<= b most))
                (narrow-scaled! tx (car t) (cdr t) least most))
            (values (+ a after-lo) (+ b after-hi))
            (values #f #f))])]))

;; lo <= k·e <= hi
(define (narrow-scaled! tx k e lo hi)
  (cond [(eqv? k 1) (narrow! tx e lo hi)]
        [(> k 0) (narrow! tx e (ceiling/ lo k) (floor/ hi k))]
        [else (narrow! tx e (ceiling/ (- hi) (- k)) (floor/ (- lo) (- k)))]))

;; Each factor times the others lies within lo … hi; as narrow-terms!.
(define (narrow-factors! tx factors before-lo before-hi lo hi)
  (cond
    [(null? factors) (values 1 1)]
    [else
     (define f (car factors))
     (define-values (a b) (factor-bounds tx f))
     (define-values (through-lo through-hi) (interval* before-lo before-hi a b))
     (define-values (after-lo after-hi)
       (narrow-factors! tx (cdr factors) through-lo through-hi lo hi))
     (cond
       [(not after-lo) (values #f #f)]
       [else
        (define-values (others-lo others-hi) (interval* before-lo before-hi after-lo after-hi))
        (if (narrow-by! tx f others-lo others-hi lo hi)
            (interval* a b after-lo after-hi)
            (values #f #f))])]))

;; lo <= f·c <= hi for some c between cl and ch
(define (narrow-by! tx f cl ch lo hi)
  (cond
    [(> cl 0)
     (narrow-power! tx (car f) (cdr f)
                    (ceiling/ lo (if (>= lo 0) ch cl))
                    (floor/ hi (if (>= hi 0) cl ch)))]
    [(< ch 0) (narrow-by! tx f (- ch) (- cl) (- hi) (- lo))]
    [(<= lo 0 hi) #t]                                 ; c may be 0
    [(and (eqv? cl 0) (eqv? ch 0)) #f]
    [(eqv? cl 0) (narrow-by! tx f 1 ch lo hi)]        ; c is not 0
    [(eqv? ch 0) (narrow-by! tx f cl -1 lo hi)]
    [else (let ([m (larger (- lo) hi)])
            (and (narrow-power! tx (car f) (cdr f) (- m) m)
                 (or (not (var? (car f))) (exclude-value! tx (car f) 0))))]))

;; lo <= e^n <= hi
(define (narrow-power! tx e n lo hi)
  (cond
    [(eqv? n 1) (narrow! tx e lo hi)]
    [(odd? n) (narrow! tx e (- (floor-signed-root (- lo) n)) (floor-signed-root hi n))]
    [(< hi 0) #f]
    [else
     (define most (floor-root hi n))
     (define least (if (> lo 0) (ceiling-root lo n) 0))
     (define-values (a b) (bounds tx e))
     (cond [(<= least 0) (narrow! tx e (- most) most)]
           [(> a (- least)) (narrow! tx e least most)]
           [(< b least) (narrow! tx e (- most) (- least))]
           [else (narrow! tx e (- most) most)])]))

;; The greatest r with r^n <= a, for a >= 0 (n-th root, rounded down).
(define (floor-root a n)
  (cond [(not (exact-integer? a)) a]
        [(eqv? n 2) (integer-sqrt a)]
        [else
         (let loop ([lo 0] [hi (expt 2 (add1 (quotient (integer-length a) n)))])   ; lo^n <= a < hi^n
           (define middle (quotient (+ lo hi) 2))
           (cond [(= middle lo) lo]
                 [(<= (expt middle n) a) (loop middle hi)]
                 [else (loop lo middle)]))]))
(define (ceiling-root a n)
  (define r (floor-root a n))
  (if (or (not (exact-integer? a)) (= (power r n) a)) r (add1 r)))

;; As floor-root for an odd n and a of any sign.
(define (floor-signed-root a n) (if (>= a 0) (floor-root a n) (- (ceiling-root (- a) n))))

;; lo <= floor(x / y) <= hi
(define (narrow-quotient! tx x y lo hi)
  (define-values (al ah) (bounds tx x))
  (define-values (bl bh) (divisor-bounds tx y))
  (cond
    [(> bl 0)
     (and (narrow! tx x
                   (* lo (if (>= lo 0) bl bh))
                   (- (* (+ hi 1) (if (>= hi -1) bh bl)) 1))
          (or (exact-integer? y)
              ;; x >= lo·y and x < (hi + 1)·y, solved for y
              (narrow! tx y
                       (larger (if (and (>= al 0) (>= hi 0)) (+ (floor/ al (+ hi 1)) 1) 1)
                               (if (and (< lo 0) (<= ah 0)) (ceiling/ (- ah) (- lo)) 1))
                       (smaller (if (and (> lo 0) (>= ah 0)) (floor/ ah lo) +inf.0)
                                (if (and (< hi -1) (< al 0))
                                    (- (ceiling/ (- al) (- (+ hi 1))) 1)
                                    +inf.0)))))]
    [(< bh 0)                       ; floor(x / y) = floor(-x / -y); only x is narrowed
     (narrow! tx x
              (+ (* (+ hi 1) (if (>= hi -1) bl bh)) 1)
              (* lo (if (>= lo 0) bh bl)))]
    [else #t]))

;; That a divisor is not 0 is a constraint of its own (fd.rkt); here 0 is left out where it is an end.
(define (divisor-bounds tx y)
  (define-values (lo hi) (bounds tx y))
  (values (if (eqv? lo 0) 1 lo) (if (eqv? hi 0) -1 hi)))

;; lo <= x - y·floor(x / y) <= hi
(define (narrow-remainder! tx x y lo hi)
  (define-values (al ah) (bounds tx x))
  (define-values (bl bh) (divisor-bounds tx y))
  (cond
    [(> bl 0)
     (define q (same-quotient al ah bl bh))
     (and (>= hi 0)
          (or (exact-integer? y) (narrow! tx y (+ (larger lo 0) 1) +inf.0))
          (cond [(and (>= al 0) (< ah bl)) (narrow! tx x lo hi)]
                [q (narrow! tx x (+ lo (* q bl)) (+ hi (* q bl)))]
                [(not (eqv? bl bh)) #t]
                [else (narrow! tx x (next-with-remainder al bl lo hi)
                               (last-with-remainder ah bl lo hi))]))]
    [(< bh 0)
     (and (<= lo 0)
          (or (exact-integer? y) (narrow! tx y -inf.0 (- (smaller hi 0) 1))))]
    [else #t]))

;; The first integer from a on, and the last up to a, that leaves a remainder between lo and hi by b >
;; 0.
(define (next-with-remainder a b lo hi)
  (cond [(not (exact-integer? a)) a]
        [else (define r (modulo a b))
              (cond [(< r lo) (+ a (- lo r))]
                    [(> r hi) (+ a (- b r) (larger lo 0))]
                    [else a])]))
(define (last-with-remainder a b lo hi)
  (cond [(not (exact-integer? a)) a]
        [else (define r (modulo a b))
              (cond [(> r hi) (- a (- r hi))]
                    [(< r lo) (+ (- a r b) (smaller hi (- b 1)))]
                    [else a])]))
