#lang racket/base
;; Integer expressions: sums of products, quotients and remainders, as data in one canonical form.

(require racket/list "../core/term.rkt")
(provide constant-sum term-sum sum->expression constant? sum-terms sum-constant
         sum-add sum-scale sum-subtract sum-multiply sum-quotient sum-remainder
         fold-sum evaluate evaluate-sum sum-variables member-variable? occurrences
         floor-quotient
         sum->surface comparison->surface)

;; A Sum is (CONSTANT (COEFFICIENT . EXPRESSION) …): the constant plus each coefficient times its
;; expression; coefficients are not 0 and no two expressions are equal. #f is the undefined sum (a
;; division by 0 is in it), and every operation on #f gives #f.
;; An Expression is one of
;;   INTEGER
;;   VAR
;;   (* (BASE . EXPONENT) …)     BASE is an expression other than an integer or a product; variables
;;                               first, by number; no two bases are equal
;;   (quotient X Y)              floor(X / Y), X and Y expressions
;;   (remainder X Y)             X - Y·floor(X / Y)
;;   (+ . SUM)                   within another expression; never as a term of a sum
;; All of it is plain lists, so terms are walked, printed and saved in it like anywhere else.

(define (constant-sum n) (list n))
(define (term-sum t) (if (exact-integer? t) (list t) (list 0 (cons 1 t))))
(define sum-constant car)
(define sum-terms cdr)
(define (constant? s) (null? (cdr s)))

(define (sum->expression s)
  (define terms (cdr s))
  (cond [(null? terms) (car s)]
        [(and (null? (cdr terms)) (eqv? (car s) 0) (eqv? (caar terms) 1)) (cdar terms)]
        [else (cons '+ s)]))

;; Equality of expressions. Faster than equal?, which is slow on variables.
(define (same? a b)
  (cond [(eq? a b) #t]
        [(var? a) (and (var? b) (eqv? (var-id a) (var-id b)))]
        [(pair? a) (and (pair? b) (same? (car a) (car b)) (same? (cdr a) (cdr b)))]
        [else (eqv? a b)]))

;; -- operations -----------------------------------------------------------------------------------

(define (sum-add a b)
  (and a b
       (cons (+ (car a) (car b))
             (for/fold ([terms (cdr a)]) ([t (in-list (cdr b))]) (add-term terms t)))))

(define (add-term terms t)
  (cond
    [(null? terms) (list t)]
    [(same? (cdar terms) (cdr t))
     (define k (+ (caar terms) (car t)))
     (if (eqv? k 0) (cdr terms) (cons (cons k (cdr t)) (cdr terms)))]
    [else (cons (car terms) (add-term (cdr terms) t))]))

(define (sum-scale k s)
  (cond [(not s) #f]
        [(eqv? k 1) s]
        [(eqv? k 0) '(0)]
        [else (cons (* k (car s)) (for/list ([t (in-list (cdr s))]) (cons (* k (car t)) (cdr t))))]))

(define (sum-subtract a b) (sum-add a (sum-scale -1 b)))

(define (sum-multiply a b)
  (cond
    [(not (and a b)) #f]
    [(constant? a) (sum-scale (car a) b)]
    [(constant? b) (sum-scale (car b) a)]
    [else
     (define-values (j factors) (monomial a))
     (define-values (k others) (monomial b))
     (define all (for/fold ([all factors]) ([f (in-list others)]) (add-factor all f)))
     (list 0 (cons (* j k) (product all)))]))

;; -> coefficient and factors of a sum that is not constant
(define (monomial s)
  (define terms (cdr s))
  (cond [(and (null? (cdr terms)) (eqv? (car s) 0))
         (define e (cdar terms))
         (values (caar terms)
                 (if (and (pair? e) (eq? (car e) '*)) (cdr e) (list (cons e 1))))]
        [else (values 1 (list (cons (cons '+ s) 1)))]))

(define (product factors)
  (if (and (null? (cdr factors)) (eqv? (cdar factors) 1))
      (caar factors)
      (cons '* factors)))

(define (add-factor factors f)
  (cond
    [(null? factors) (list f)]
    [(same? (caar factors) (car f))
     (cons (cons (car f) (+ (cdar factors) (cdr f))) (cdr factors))]
    [(before? (car f) (caar factors)) (cons f factors)]
    [else (cons (car factors) (add-factor (cdr factors) f))]))

(define (before? a b) (and (var? a) (or (not (var? b)) (< (var-id a) (var-id b)))))

(define (sum-power s n)
  (cond [(not s) #f]
        [(constant? s) (list (expt (car s) n))]
        [(eqv? n 1) s]
        [else
         (define-values (k factors) (monomial s))
         (list 0 (cons (expt k n)
                       (product (for/list ([f (in-list factors)]) (cons (car f) (* n (cdr f)))))))]))

(define (sum-quotient a b)
  (cond [(not (and a b)) #f]
        [(not (constant? b)) (term-sum (list 'quotient (sum->expression a) (sum->expression b)))]
        [(eqv? (car b) 0) #f]
        [(constant? a) (list (floor-quotient (car a) (car b)))]
        [(eqv? (car b) 1) a]
        [(eqv? (car b) -1) (sum-scale -1 a)]
        [else (term-sum (list 'quotient (sum->expression a) (car b)))]))

(define (sum-remainder a b)
  (cond [(not (and a b)) #f]
        [(not (constant? b)) (term-sum (list 'remainder (sum->expression a) (sum->expression b)))]
        [(eqv? (car b) 0) #f]
        [(constant? a) (list (modulo (car a) (car b)))]
        [(memv (car b) '(1 -1)) '(0)]
        [else (term-sum (list 'remainder (sum->expression a) (car b)))]))

;; floor(a / b) of integers, b not 0
(define (floor-quotient a b)
  (define q (quotient a b))
  (if (if (< b 0) (> a (* q b)) (< a (* q b))) (sub1 q) q))

;; -- folding --------------------------------------------------------------------------------------

;; The sum with its bound variables replaced: `walk` takes a variable to an integer, to itself or to
;; another variable. -> s itself where nothing is bound, #f where a division by 0 came out
(define (fold-sum walk s)
  (let loop ([terms (cdr s)])
    (cond [(null? terms) s]
          [(stale? walk (cdar terms)) (refold walk s)]
          [else (loop (cdr terms))])))

(define (stale? walk e)
  (cond [(var? e) (not (eq? (walk e) e))]
        [(pair? e)
         (case (car e)
           [(*) (let loop ([factors (cdr e)])
                  (and (pair? factors)
                       (or (stale? walk (caar factors)) (loop (cdr factors)))))]
           [(+) (let loop ([terms (cddr e)])
                  (and (pair? terms)
                       (or (stale? walk (cdar terms)) (loop (cdr terms)))))]
           [else (or (stale? walk (cadr e)) (stale? walk (caddr e)))])]
        [else #f]))

(define (refold walk s)
  (let loop ([terms (cdr s)] [constant (car s)] [fresh '()] [changed '()])
    (cond
      [(pair? terms)
       (define t (car terms))
       (cond
         [(stale? walk (cdr t))
          (define new (fold-expression walk (cdr t)))
          (cond [(not new) #f]
                [else (loop (cdr terms) (+ constant (* (car t) (car new))) fresh
                            (if (null? (cdr new)) changed (cons (sum-scale (car t) new) changed)))])]
         [else (loop (cdr terms) constant (cons t fresh) changed)])]
      [else
       (cons constant
             (for*/fold ([all (reverse fresh)])
                        ([s (in-list (reverse changed))] [t (in-list (cdr s))])
               (add-term all t)))])))

;; -> Sum or #f
(define (fold-expression walk e)
  (cond
    [(var? e) (term-sum (walk e))]
    [(exact-integer? e) (list e)]
    [else
     (case (car e)
       [(*) (for/fold ([all '(1)]) ([f (in-list (cdr e))])
              (sum-multiply all (sum-power (fold-expression walk (car f)) (cdr f))))]
       [(+) (fold-sum walk (cdr e))]
       [(quotient) (sum-quotient (fold-expression walk (cadr e)) (fold-expression walk (caddr e)))]
       [else (sum-remainder (fold-expression walk (cadr e)) (fold-expression walk (caddr e)))])]))

;; -- values and variables -------------------------------------------------------------------------

;; The value of a sum in which `value` gives each variable's integer; #f where it divides by 0.
(define (evaluate-sum value s)
  (let loop ([terms (cdr s)] [total (car s)])
    (if (null? terms)
        total
        (let ([n (evaluate value (cdar terms))])
          (and n (loop (cdr terms) (+ total (* (caar terms) n))))))))

(define (evaluate value e)
  (cond
    [(var? e) (value e)]
    [(exact-integer? e) e]
    [else
     (case (car e)
       [(*) (let loop ([factors (cdr e)] [total 1])
              (if (null? factors)
                  total
                  (let ([n (evaluate value (caar factors))] [k (cdar factors)])
                    (and n (loop (cdr factors) (* total (if (eqv? k 1) n (expt n k))))))))]
       [(+) (evaluate-sum value (cdr e))]
       [else
        (define a (evaluate value (cadr e)))
        (define b (evaluate value (caddr e)))
        (and a b (not (eqv? b 0))
             (if (eq? (car e) 'quotient) (floor-quotient a b) (modulo a b)))])]))

;; The variables of an expression or a sum, without repetition, in order of appearance; the search
;; stops once there are more than `limit`.
(define (sum-variables e [limit +inf.0])
  (reverse
   (let loop ([e e] [found '()])
     (cond [(var? e)
            (if (or (member-variable? e found) (> (length found) limit)) found (cons e found))]
           [(pair? e) (loop (cdr e) (loop (car e) found))]
           [else found]))))

(define (member-variable? v vs)
  (and (pair? vs)
       (or (eqv? (var-id v) (var-id (car vs)))
           (member-variable? v (cdr vs)))))

;; How often a variable occurs in an expression or a sum (a power counts once).
(define (occurrences v e)
  (let loop ([e e] [n 0])
    (cond [(var? e) (if (eqv? (var-id e) (var-id v)) (add1 n) n)]
          [(pair? e) (loop (cdr e) (loop (car e) n))]
          [else n])))

;; -- as it would be written -----------------------------------------------------------------------

(define (sum->surface s)
  (define parts
    (append (for/list ([t (in-list (cdr s))]) (term->surface t))
            (if (eqv? (car s) 0) '() (list (car s)))))
  (cond [(null? parts) 0]
        [(null? (cdr parts)) (car parts)]
        [else (cons '+ parts)]))

(define (term->surface t)
  (define k (car t))
  (define e (cdr t))
  (cond [(eqv? k 1) (expression->surface e)]
        [(and (pair? e) (eq? (car e) '*)) (list* '* k (cdr (expression->surface e)))]
        [else (list '* k (expression->surface e))]))

(define (expression->surface e)
  (cond [(not (pair? e)) e]
        [else
         (case (car e)
           [(*) (cons '* (append* (for/list ([f (in-list (cdr e))])
                                    (make-list (cdr f) (expression->surface (car f))))))]
           [(+) (sum->surface (cdr e))]
           [else (list (car e) (expression->surface (cadr e)) (expression->surface (caddr e)))])]))

;; SUM REL 0 with what is subtracted on the right: (<=fd (* _.0 _.0 _.1) 4096). The shapes that have a
;; name of their own have it: +fd *fd quotientfd remainderfd <fd.
(define (comparison->surface relation s)
  (define-values (left right) (partition (λ (t) (> (car t) 0)) (cdr s)))
  (define negated (for/list ([t (in-list right)]) (cons (- (car t)) (cdr t))))
  (define constant (car s))
  (case relation
    [(<=) (cond [(and (eqv? constant 1) (pair? left) (pair? negated))
                 (list '<fd (sum->surface (cons 0 left)) (sum->surface (cons 0 negated)))]
                [(null? left) (list '<=fd constant (sum->surface (cons 0 negated)))]
                [else (balanced '<=fd constant left negated)])]
    [(=/=) (balanced '=/=fd constant left negated)]
    [else
     (define named (and (eqv? constant 0) (or (defining left negated) (defining negated left))))
     (cond [named named]
           [(null? left) (list '=fd (sum->surface (cons 0 negated)) constant)]
           [else (balanced '=fd constant left negated)])]))

;; A constant stands on the side where it is not negative.
(define (balanced name constant left right)
  (list name
        (sum->surface (cons (if (or (null? right) (< constant 0)) 0 constant) left))
        (sum->surface (cons (if (or (null? right) (< constant 0)) (- constant) 0) right))))

;; One variable that is the sum, product, quotient or remainder of two others -> (NAME X Y Z) or #f
(define (defining terms results)
  (define (lone-variable ts)
    (and (pair? ts) (null? (cdr ts)) (eqv? (caar ts) 1) (cdar ts)))
  (define z (lone-variable results))
  (and z (var? z)
       (cond
         [(lone-variable terms)
          => (λ (e)
               (and (pair? e)
                    (let ([e (expression->surface e)])
                      (and (= (length e) 3)
                           (case (car e)
                             [(*) (list '*fd (cadr e) (caddr e) z)]
                             [(quotient) (list 'quotientfd (cadr e) (caddr e) z)]
                             [(remainder) (list 'remainderfd (cadr e) (caddr e) z)]
                             [else #f])))))]
         [(and (= (length terms) 2) (eqv? (caar terms) 1) (eqv? (caadr terms) 1))
          (list '+fd (expression->surface (cdar terms)) (expression->surface (cdadr terms)) z)]
         [else #f])))
