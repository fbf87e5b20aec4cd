#lang racket/base
;; Compiles (== LEFT RIGHT) where a side is a pattern: existing terms are read without building the
;; pattern, a fresh variable that meets a term for the first time becomes that term, and only what
;; must be built is built.

(require (for-syntax racket/base) racket/list racket/syntax "analysis.rkt" "names.rkt"
         (for-template racket/base racket/fixnum "../core/substitution.rkt" "../core/term.rkt"))
(provide compile-equation with-variables)

(define/with-syntax (st store next pending n args) shared-names)

;; The code stands where `store`, `next` (number of the next variable) and `pending` (see unify-in)
;; are bound. `unseen` are the fresh variables that have no value yet.

;; Gives variables of `unseen` numbers of their own, for code that needs them. -> syntax
(define (with-variables variables code)
  (if (null? variables)
      code
      (with-syntax ([v (car variables)] [code (with-variables (cdr variables) code)])
        #'(let ([v (var next)] [next (fx+ next 1)]) code))))

;; A Pattern is
;;   (list 'unseen ID)   (list 'value STX)   an expression, cheap and free of effects
;;   (list 'atom DATUM)  (list 'pair PATTERN PATTERN)
;; -> Pattern; (values ID EXPRESSION) pairs to compute before it: any other Racket expression
(define (parse-pattern stx unseen)
  (define before '())
  (define (value! e)
    (define id (car (generate-temporaries '(value))))
    (set! before (cons (list id e) before))
    (list 'value id))
  (define (expression e)
    (syntax-case e (quasiquote quote cons list)
      [x (identifier? #'x)
         (if (member-id #'x unseen) (list 'unseen #'x) (list 'value #'x))]
      [(quote d) (datum #'d)]
      [(quasiquote p) (if (plain-template? #'p) (quasi #'p) (value! e))]
      [(cons a d) (list 'pair (expression #'a) (expression #'d))]
      [(list e ...) (for/foldr ([rest (list 'atom '())]) ([e (in-list (syntax->list #'(e ...)))])
                      (list 'pair (expression e) rest))]
      [literal (literal? (syntax-e #'literal)) (list 'atom (syntax-e #'literal))]
      [_ (value! e)]))
  (define (quasi p)
    (syntax-case p (unquote)
      [(unquote e) (expression #'e)]
      [(a . d) (list 'pair (quasi #'a) (quasi #'d))]
      [_ (datum p)]))
  (define (datum d)
    (define e (if (syntax? d) (syntax-e d) d))
    (cond [(pair? e) (list 'pair (datum (car e)) (datum (cdr e)))]
          [(or (literal? e) (symbol? e) (null? e)) (list 'atom e)]
          [else (value! #`(quote #,d))]))
  (define pattern (expression stx))
  (values pattern (reverse before)))

(define (literal? e) (or (boolean? e) (number? e) (string? e) (bytes? e) (char? e)))

;; A template without splicing, nested templates, or variables inside vectors.
(define (plain-template? p)
  (syntax-case p (unquote unquote-splicing quasiquote)
    [(unquote _) #t]
    [unquote-splicing #f]
    [quasiquote #f]
    [unquote #f]
    [(a . d) (and (plain-template? #'a) (plain-template? #'d))]
    [_ (not (vector? (syntax-e p)))]))

(define (member-id id ids) (memf (λ (i) (bound-identifier=? i id)) ids))

(define (pattern-unseen p)
  (case (car p)
    [(unseen) (list (cadr p))]
    [(pair) (remove-duplicates (append (pattern-unseen (cadr p)) (pattern-unseen (caddr p)))
                               bound-identifier=?)]
    [else '()]))

;; -> syntax that builds the term, once none of its variables is unseen
(define (build p)
  (case (car p)
    [(unseen value) (cadr p)]
    [(atom) #`(quote #,(cadr p))]
    [else (if (constant? p)
              #`(quote #,(pattern->datum p))
              #`(cons #,(build (cadr p)) #,(build (caddr p))))]))

(define (constant? p)
  (case (car p)
    [(atom) #t]
    [(pair) (and (constant? (cadr p)) (constant? (caddr p)))]
    [else #f]))
(define (pattern->datum p)
  (if (eq? (car p) 'atom) (cadr p) (cons (pattern->datum (cadr p)) (pattern->datum (caddr p)))))

(define (pattern-values p)
  (case (car p)
    [(value) (list (cadr p))]
    [(pair) (append (pattern-values (cadr p)) (pattern-values (caddr p)))]
    [else '()]))

;; (compile-equation LEFT RIGHT unseen after) -> syntax of the equation followed by `after`, which is
;; called with `bound?` (may the code have failed or bound anything?) and the unseen variables that
;; are left, and gives the code that stands where store is the new Store or #f.
(define (compile-equation left right unseen after)
  ;; the variables that arbitrary Racket code needs come first
  (define-values (p before-p) (parse-pattern left unseen))
  (define-values (q before-q) (parse-pattern right unseen))
  (define before (append before-p before-q))
  (define forced (occurring unseen (map cadr before)))
  (cond
    [(pair? forced)
     (with-variables forced (compile-equation left right (without unseen forced) after))]
    [else
     (with-syntax ([((id e) ...) before])
       #`(let ([id e] ...) #,(equation p q unseen after)))]))

(define (without unseen seen)
  (filter (λ (u) (not (member-id u seen))) unseen))

(define (equation p q unseen after)
  (define in-p (pattern-unseen p))
  (define in-q (pattern-unseen q))
  (cond
    [(and (eq? (car p) 'unseen) (not (member-id (cadr p) in-q)))
     ;; a new variable is the term itself
     (with-variables in-q
       #`(let ([#,(cadr p) #,(build q)]) #,(after #f (without unseen (cons (cadr p) in-q)))))]
    [(eq? (car q) 'unseen)
     (if (member-id (cadr q) in-p)
         (with-variables in-p (equation* p q (without unseen in-p) after))
         (equation q p unseen after))]
    [(eq? (car p) 'value) (equation* p q unseen after)]
    [(eq? (car q) 'value) (equation* q p unseen after)]
    [else
     (with-variables in-p
       (with-syntax ([t (car (generate-temporaries '(t)))])
         #`(let ([t #,(build p)])
             #,(equation* (list 'value #'t) q (without unseen in-p) after))))]))

;; p is a value (or a variable that has been seen by now).
(define (equation* p q unseen after)
  (define-values (code bound) (match-code (build p) (seen q unseen) unseen))
  (with-syntax ([(v ...) bound])
    #`(let-values ([(store next pending v ...) (let ([pending '()]) #,code)])
        #,(after #t (without unseen bound)))))

;; The pattern with variables that are no longer unseen as values.
(define (seen p unseen)
  (case (car p)
    [(unseen) (if (member-id (cadr p) unseen) p (list 'value (cadr p)))]
    [(pair) (list 'pair (seen (cadr p) unseen) (seen (caddr p) unseen))]
    [else p]))

;; Code that matches the term `t` with a pattern -> syntax, and the unseen variables that it gives a
;; value, in order. The code returns store (#f: it fails), next, pending, and the values.
(define (match-code t p unseen)
  (case (car p)
    [(unseen) (values #`(values store next pending #,t) (list (cadr p)))]
    [(value)
     (values #`(let-values ([(store pending) (unify-in #,t #,(cadr p) store pending)])
                 (values store next pending))
             '())]
    [(atom)
     (define a (cadr p))
     (values #`(let ([t (walk/store #,t store)])
                 (cond [#,(atom-test a) (values store next pending)]
                       [(var? t)
                        (let-values ([(store pending) (bind-in t '#,a store pending)])
                          (values store next pending))]
                       [else (values (mismatch t) next pending)]))
             '())]
    [else
     (define new (pattern-unseen p))
     (define-values (car-code in-car) (match-code #'(car t) (cadr p) unseen))
     (define rest (without unseen in-car))
     (define-values (cdr-code in-cdr) (match-code #'(cdr t) (seen (caddr p) rest) rest))
     (with-syntax ([(v ...) (append in-car in-cdr)]
                   [(a ...) in-car]
                   [(a-fail ...) (map (λ (_) #'#f) in-car)]
                   [(fail ...) (map (λ (_) #'#f) (append in-car in-cdr))]
                   [(d ...) in-cdr]
                   [(s ...) (remove-duplicates (pattern-values p) free-identifier=?)])
       (values
        #`(let ([t (walk/store #,t store)])
            (cond
              [(pair? t)
               (let-values ([(store next pending a ...) #,car-code])
                 (if store
                     (let-values ([(store next pending d ...) #,cdr-code])
                       (values store next pending v ...))
                     (values #f next pending fail ...)))]
              [(var? t)
               #,(with-variables new
                   #`(if (or (and (compound? s) (occurs-in? (var-id t) s store)) ...)
                         (values #f next pending fail ...)
                         (let-values ([(store pending) (bind-in t #,(build p) store pending)])
                           (values store next pending v ...))))]
              [else (values (mismatch t) next pending fail ...)]))
        (append in-car in-cdr)))]))

(define (atom-test a)
  (if (or (symbol? a) (null? a) (boolean? a) (fixnum? a) (char? a))
      #`(eq? t '#,a)
      #`(equal? t '#,a)))
