#lang racket/base
;; The surface form of arithmetic: (fd (<= (* o o c) 4096)) and the like, as constraint goals.

(require (for-syntax racket/base) "arithmetic.rkt" "goal.rkt" "term.rkt")
(provide fd)

;; (fd (REL EXPRESSION EXPRESSION)), REL one of = =/= < <= > >=. An EXPRESSION is an integer, a Racket
;; expression that gives a term, or (+ E …) (- E …) (* E …) (quotient E E) (remainder E E).
(define-syntax (fd stx)
  (define (expression e)
    (syntax-case e ()
      [(op arg ...)
       (memq (syntax-e #'op) '(+ - * quotient remainder))
       #`(list 'op #,@(map expression (syntax->list #'(arg ...))))]
      [_ #`(vector #,e)]))
  (syntax-case stx ()
    [(_ (rel a b))
     (memq (syntax-e #'rel) '(= =/= < <= > >=))
     #`(comparison 'rel #,(expression #'a) #,(expression #'b))]
    [_ (raise-syntax-error 'fd "expected (fd (REL EXPRESSION EXPRESSION)), REL one of = =/= < <= > >="
                           stx)]))

;; A Sum is (cons CONSTANT ((COEFFICIENT . TERM) …)).
(define (comparison rel a b)
  (define-values (left left-goals) (expression->sum a #f))
  (define target (and (eq? rel '=) (sum->term left)))
  (define-values (right right-goals) (expression->sum b target))
  (define defined? (and target (eq? right target)))  ; the right side defines the target already
  (define difference (if defined? left (sum-add left (sum-scale -1 right))))
  (define goal
    (case rel
      [(=) (if defined? #f (sum->goal '= difference))]
      [(<=) (sum->goal '<= difference)]
      [(<) (sum->goal '<= (sum-add difference '(1)))]
      [(>=) (sum->goal '<= (sum-scale -1 difference))]
      [(>) (sum->goal '<= (sum-add (sum-scale -1 difference) '(1)))]
      [(=/=) (let*-values ([(x goals) (sum->single left)] [(y goals*) (sum->single right)])
               (conj-all (append goals goals* (list (=/=fd x y)))))]))
  (conj-all (append left-goals right-goals (if goal (list goal) '()))))

(define (sum->goal rel s) (arithmetic 'linear (list* rel (car s) (cdr s))))

(define (sum-add a b) (cons (+ (car a) (car b)) (append (cdr a) (cdr b))))
(define (sum-scale k s)
  (cons (* k (car s)) (for/list ([t (in-list (cdr s))]) (cons (* k (car t)) (cdr t)))))

;; The term that a sum is, if it is a single one with coefficient 1.
(define (sum->term s)
  (and (eqv? (car s) 0) (pair? (cdr s)) (null? (cddr s)) (eqv? (caadr s) 1) (cdadr s)))

;; -> the sum of an expression and the goals that define its products and quotients. Where `target`
;; is a term and the expression is a product or quotient, that term is its result, and the sum
;; returned is the target itself.
(define (expression->sum e target)
  (cond
    [(vector? e)
     (define t (vector-ref e 0))
     (values (if (exact-integer? t) (list t) (list 0 (cons 1 t))) '())]
    [else
     (define-values (sums goals)
       (for/fold ([sums '()] [goals '()] #:result (values (reverse sums) goals))
                 ([arg (in-list (cdr e))])
         (define-values (s gs) (expression->sum arg #f))
         (values (cons s sums) (append goals gs))))
     (case (car e)
       [(+) (values (for/fold ([sum '(0)]) ([s (in-list sums)]) (sum-add sum s)) goals)]
       [(-) (values (if (null? (cdr sums))
                        (sum-scale -1 (car sums))
                        (for/fold ([sum (car sums)]) ([s (in-list (cdr sums))])
                          (sum-add sum (sum-scale -1 s))))
                    goals)]
       [(*) (product sums goals target)]
       [(quotient) (binary quotientfd sums goals target)]
       [else (binary remainderfd sums goals target)])]))

;; Constants first, then one multiplication for each further factor.
(define (product sums goals target)
  (define constant (for/product ([s (in-list sums)] #:when (null? (cdr s))) (car s)))
  (define factors (filter (λ (s) (pair? (cdr s))) sums))
  (let loop ([factors factors] [goals goals])
    (cond
      [(null? factors) (values (list constant) goals)]
      [(null? (cdr factors)) (values (sum-scale constant (car factors)) goals)]
      [else
       (define-values (x x-goals) (sum->single (car factors)))
       (define-values (y y-goals) (sum->single (cadr factors)))
       (define last? (and target (null? (cddr factors)) (eqv? constant 1)))
       (define z (if last? target (new-var)))
       (define all (append goals x-goals y-goals (list (*fd x y z))))
       (if last?
           (values target all)
           (loop (cons (list 0 (cons 1 z)) (cddr factors)) all))])))

(define (binary constraint sums goals target)
  (define-values (x x-goals) (sum->single (car sums)))
  (define-values (y y-goals) (sum->single (cadr sums)))
  (define z (or target (new-var)))
  (values (if target target (list 0 (cons 1 z)))
          (append goals x-goals y-goals (list (constraint x y z)))))

;; A term equal to the sum, and the goals that make it so.
(define (sum->single s)
  (cond [(null? (cdr s)) (values (car s) '())]
        [(sum->term s) => (λ (t) (values t '()))]
        [else (define z (new-var))
              (values z (list (sum->goal '= (sum-add s (list 0 (cons -1 z))))))]))

(define (conj-all goals)
  (if (null? goals)
      succeed
      (for/fold ([all (car goals)]) ([g (in-list (cdr goals))]) (conj all g))))
