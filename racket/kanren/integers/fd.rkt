#lang racket/base
;; Arithmetic as it is written: (fd (<= (* o o c) 4096)) and cKanren's +fd, <=fd and their relatives,
;; as constraint goals.

(require (for-syntax racket/base)
         "arithmetic.rkt" "../core/domain.rkt" "expression.rkt" "../core/goal.rkt" "../core/term.rkt")
(provide fd fd-expression infd interval (rename-out [term-in domfd])
         =fd =/=fd <fd <=fd >fd >=fd +fd *fd quotientfd remainderfd distinctfd)

;; (fd (REL EXPRESSION EXPRESSION)), REL one of = =/= < <= > >=. An EXPRESSION is (+ E …), (- E …), (*
;; E …), (quotient E E), (remainder E E), or a Racket expression that gives an integer, a variable or
;; what fd-expression gave. Quotients round down.
(define-syntax (fd stx)
  (syntax-case stx ()
    [(_ (rel a b))
     (memq (syntax-e #'rel) '(= =/= < <= > >=))
     #'(compare 'rel (fd-expression a) (fd-expression b))]
    [_ (raise-syntax-error 'fd "expected (fd (REL EXPRESSION EXPRESSION)), REL one of = =/= < <= > >="
                           stx)]))

;; The value of an EXPRESSION, to be part of a larger one: a sum of as many terms as a list has, say.
(define-syntax (fd-expression stx)
  (define (arity-error e) (raise-syntax-error 'fd "expected two expressions" stx e))
  (define (build e)
    (syntax-case e ()
      [(op a ...)
       (memq (syntax-e #'op) '(+ - *))
       (let ([f (case (syntax-e #'op) [(+) #'plus] [(-) #'minus] [else #'times])])
         #`(#,f #,@(map build (syntax->list #'(a ...)))))]
      [(op a ...)
       (memq (syntax-e #'op) '(quotient remainder))
       (let ([args (syntax->list #'(a ...))])
         (unless (= 2 (length args)) (arity-error e))
         #`(#,(if (eq? (syntax-e #'op) 'quotient) #'divide #'left-over) #,@(map build args)))]
      [_ #`(leaf #,e)]))
  (syntax-case stx ()
    [(_ e) (build #'e)]))

;; While it is being written an expression is a struct, so that it is told from a list that is a term:
;;   SUM        a Sum of expression.rkt; undefined where something is no integer and no variable
;;   VARIABLES  every variable that was written, also where the sum has lost it, as in x - x
;;   GOALS      that no divisor is 0
(struct expression (sum variables goals))

(define (leaf t)
  (cond [(expression? t) t]
        [(exact-integer? t) (expression (constant-sum t) '() '())]
        [(var? t) (expression (term-sum t) (list t) '())]
        [else (check-term 'fd t)
              (expression #f '() '())]))

(define ((operation f) a b)
  (expression (f (expression-sum a) (expression-sum b))
              (append (expression-variables a) (expression-variables b))
              (append (expression-goals a) (expression-goals b))))

(define add (operation sum-add))
(define subtract (operation sum-subtract))
(define multiply (operation sum-multiply))

(define (plus . arguments)
  (for/fold ([total (leaf 0)]) ([a (in-list arguments)]) (add total a)))
(define (minus first . rest)
  (if (null? rest) (subtract (leaf 0) first) (subtract first (apply plus rest))))
(define (times . arguments)
  (for/fold ([total (leaf 1)]) ([a (in-list arguments)]) (multiply total a)))

(define ((division f) a b)
  (define e ((operation f) a b))
  (define divisor (expression-sum b))
  (if (or (not divisor) (constant? divisor))
      e
      (struct-copy expression e [goals (cons (arithmetic '=/= divisor) (expression-goals e))])))
(define divide (division sum-quotient))
(define left-over (division sum-remainder))

(define (compare relation a b)
  (case relation
    [(<=) (related '<= (subtract a b))]
    [(<) (related '<= (add (subtract a b) (leaf 1)))]
    [(>=) (related '<= (subtract b a))]
    [(>) (related '<= (add (subtract b a) (leaf 1)))]
    [else (related relation (subtract a b))]))

;; e REL 0; where no variable is left in the sum it is decided here.
(define (related relation e)
  (define sum (expression-sum e))
  (cond
    [(not sum) fail]
    [(and (constant? sum) (not (holds? relation (sum-constant sum)))) fail]
    [else
     (define left (sum-variables sum))
     (define lost
       (for/list ([v (in-list (expression-variables e))] #:unless (member-variable? v left))
         (domfd v anything)))
     (define goals (append lost (reverse (expression-goals e))
                           (if (constant? sum) '() (list (arithmetic relation sum)))))
     (cond [(null? goals) succeed]
           [else (for/fold ([all (car goals)]) ([g (in-list (cdr goals))]) (conj all g))])]))

;; -- names ----------------------------------------------------------------------------------------

;; (domfd x DOMAIN), (infd x … DOMAIN): a DOMAIN is a list of integers or (interval LO HI), both ends
;; included, -inf and +inf for open ends.
(define (term-in t specification) (domfd t (specification->domain 'domfd specification)))

(define-syntax (infd stx)
  (syntax-case stx ()
    [(_ x ... d)
     #'(let ([d* (specification->domain 'infd d)])
         (for/fold ([all succeed]) ([t (in-list (reverse (list x ...)))])
           (if (eq? all succeed) (domfd t d*) (conj (domfd t d*) all))))]
    [_ (raise-syntax-error 'infd "expected (infd VARIABLE … DOMAIN)" stx)]))

(define-syntax (interval stx)
  (define (end e) (if (memq (syntax-e e) '(-inf +inf)) #`'#,e e))
  (syntax-case stx ()
    [(_ lo hi) #`(list 'interval #,(end #'lo) #,(end #'hi))]
    [_ (raise-syntax-error 'interval "expected (interval LO HI)" stx)]))

(define (=fd x y) (fd (= x y)))
(define (=/=fd x y) (fd (=/= x y)))
(define (<fd x y) (fd (< x y)))
(define (<=fd x y) (fd (<= x y)))
(define (>fd x y) (fd (> x y)))
(define (>=fd x y) (fd (>= x y)))
(define (+fd x y z) (fd (= (+ x y) z)))
(define (*fd x y z) (fd (= (* x y) z)))
(define (quotientfd x y q) (fd (= (quotient x y) q)))
(define (remainderfd x y r) (fd (= (remainder x y) r)))
(define (distinctfd terms) (arithmetic 'distinctfd (list terms)))
