#lang racket/base
;; The language: defrel, fresh, conde, run, run*, query, infd, labelfd, fd.

(require (only-in "families.rkt")
         (for-syntax racket/base "compiler/compile.rkt" "core/identifiers.rkt")
         "core/advance.rkt" "core/forms.rkt" "core/goal.rkt" "core/label.rkt" "core/reify.rkt"
         "core/state.rkt" "core/stream.rkt"
         "core/term.rkt")
(provide defrel define-relation defprimitive fresh conde matche conj* disj* query run run*
         labelfd query-answers fold-answers)

;; A relation is known by its name in every process, so its body may speak of nothing local.
(define-syntax (defrel stx)
  (syntax-case stx ()
    [(form . _)
     (not (memq (syntax-local-context) '(module module-begin top-level)))
     (raise-syntax-error (syntax-e #'form) "a relation is defined at module or REPL top level" stx)]
    [(form (name param ...) g0 g ...)
     (distinct-identifiers? #'form #'(name param ...) stx)
     #`(begin
         (define (name param ...) (relate 'name (list param ...)))
         (register-relation!
          (relation 'name #,(length (syntax->list #'(param ...)))
                    (compiled-body name (param ...) g0 g ...)
                    #f
                    #f
                    #,(source-of stx))))]
    [(form . _)
     (raise-syntax-error
      (syntax-e #'form)
      (format "expected (~a (NAME PARAMETER …) GOAL GOAL …)" (syntax-e #'form)) stx)]))

;; Expanded when every definition of the module is known, so that it sees the goals as they are meant.
(define-syntax (compiled-body stx)
  (syntax-case stx ()
    [(_ name (param ...) g ...)
     (compile-relation #'name (syntax->list #'(param ...)) (syntax->list #'(g ...)))]))

(define-syntax define-relation (make-rename-transformer #'defrel))

;; (defprimitive (name x ... y ...) #:inputs (x ...) goal): the goal's Racket code runs once all
;; inputs are ground; until then the call waits in the frontier.
(define-syntax (defprimitive stx)
  (syntax-case stx ()
    [(_ (name param ...) #:inputs (input ...) g0 g ...)
     (and (distinct-identifiers? #'defprimitive #'(name param ...) stx)
          (andmap identifier? (syntax->list #'(input ...))))
     (let ([params (map syntax-e (syntax->list #'(param ...)))])
       #`(begin
           (define (name param ...) (relate 'name (list param ...)))
           (register-relation!
            (relation 'name #,(length params)
                      #f
                      (lambda (param ...) (conj* g0 g ...))
                      '#,(for/list ([i (syntax->list #'(input ...))])
                           (let find ([ps params] [n 0])
                             (cond [(null? ps)
                                    (raise-syntax-error 'defprimitive "not a parameter" stx i)]
                                   [(eq? (car ps) (syntax-e i)) n]
                                   [else (find (cdr ps) (add1 n))])))
                      #,(source-of stx)))))]
    [_ (raise-syntax-error
        'defprimitive
        "expected (defprimitive (NAME PARAMETER …) #:inputs (PARAMETER …) GOAL GOAL …)" stx)]))

(define-for-syntax (source-of stx)
  (define source (syntax-source stx))
  (if (path? source) (path->string source) (format "~a" source)))

;; A query is a stream whose answers bind the initial variable to the list of the query's values.
(define-syntax (query stx)
  (syntax-case stx ()
    [(_ (x ...) g0 g ...)
     (distinct-identifiers? #'query #'(x ...) stx)
     #'(start-query (lambda () (fresh (x ...) (== (list x ...) initial-var) g0 g ...)))]
    [_ (raise-syntax-error 'query "expected (query (VARIABLE …) GOAL GOAL …)" stx)]))

(define (start-query make-goal)
  (numbered ([goal (make-goal)]) (next (state-next empty-state))
    (pause (struct-copy state empty-state [next next]) goal)))

;; (run N (VARIABLE …) GOAL …) gives the first N answers, (run* (VARIABLE …) GOAL …) all of them; with
;; #:residual before the variables, integers are not labelled, and the answer prints their
;; constraints.
(begin-for-syntax
  (define (expand-run stx n body residual? shape)
    (syntax-case body ()
      [(#:residual . body) (expand-run stx n #'body #t shape)]
      [((x ...) g0 g ...)
       (distinct-identifiers? (car (syntax-e stx)) #'(x ...) stx)
       #`(query-answers #,n (query (x ...) g0 g ...)
                        #,(= 1 (length (syntax->list #'(x ...)))) #,residual?)]
      [(x g0 g ...)
       (identifier? #'x)
       (expand-run stx n #'((x) g0 g ...) residual? shape)]
      [_ (raise-syntax-error (syntax-e (car (syntax-e stx)))
                             (string-append "expected " shape)
                             stx)])))

(define-syntax (run stx)
  (define shape "(run N [#:residual] (VARIABLE …) GOAL GOAL …)")
  (syntax-case stx ()
    [(_ n . body) (expand-run stx #'n #'body #f shape)]
    [_ (expand-run stx #'0 #'() #f shape)]))

(define-syntax (run* stx)
  (define shape "(run* [#:residual] (VARIABLE …) GOAL GOAL …)")
  (syntax-case stx ()
    [(_ . body) (expand-run stx #'#f #'body #f shape)]))

;; The first n answers of a query (all of them when n is #f), reified; bare values where the query has
;; one variable.
(define (query-answers n stream single? residual?)
  (reverse (fold-answers cons '() n stream single? residual?)))

;; As foldl over those answers, each as soon as it is found.
(define (fold-answers combine init n stream single? residual?)
  (check-count n)
  (define labelled (if residual? stream (bind stream (label 'given (list initial-var)))))
  (let loop ([n n] [s labelled] [result init])
    (if (eqv? n 0)
        result
        (let ([s (mature s)])
          (cond
            [(not s) result]
            [(or residual? (solvable? (car s)))
             (define st (car s))
             (define row (walk/store initial-var (state-store st)))
             (loop (and n (sub1 n)) (cdr s)
                   (combine (reify st (if single? (car row) row)) result))]
            [else (loop n (cdr s) result)])))))

;; (labelfd x …), (labelfd #:order ORDER x …): ORDER is given, first-fail or bisect (label.rkt).
(define-syntax (labelfd stx)
  (syntax-case stx ()
    [(_ #:order order x ...)
     (memq (syntax-e #'order) '(given first-fail bisect))
     #'(label 'order (list x ...))]
    [(_ #:order . _)
     (raise-syntax-error 'labelfd "expected an order: given, first-fail or bisect" stx)]
    [(_ x ...) #'(label 'given (list x ...))]))
