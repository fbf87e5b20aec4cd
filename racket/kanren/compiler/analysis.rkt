#lang racket/base
;; What the compiler of relations sees in the syntax of a goal.

(require "../core/matche.rkt"
         (for-template racket/base "../integers/fd.rkt" "../core/forms.rkt"
                       (except-in "../core/goal.rkt" domfd)))
(provide parse-goal occurs-in-syntax? occurring shadowing?)

;; A goal in a relation's body is seen as one of
;;   (list 'conj VARIABLES GOALS)   fresh or conj*
;;   (list 'conde LINES STX)        syntax of the lists of goals, and the whole as it stands
;;   (list '== LEFT RIGHT)
;;   (list 'constraint EXPRESSION)  an expression that makes a constraint and no fresh variable
;;   (list 'other EXPRESSION)       any Racket expression that makes a goal
(define (parse-goal stx)
  (syntax-case stx ()
    [(head . _)
     (identifier? #'head)
     (let ([is? (λ (id) (free-identifier=? #'head id))])
       (cond
         [(is? #'fresh)
          (syntax-case stx ()
            [(_ (x ...) g0 g ...)
             (andmap identifier? (syntax->list #'(x ...)))
             (list 'conj (syntax->list #'(x ...)) (syntax->list #'(g0 g ...)))]
            [_ (list 'other stx)])]
         [(is? #'conj*)
          (syntax-case stx ()
            [(_ g0 g ...) (list 'conj '() (syntax->list #'(g0 g ...)))]
            [_ (list 'other stx)])]
         [(is? #'conde)
          (syntax-case stx ()
            [(_ (g0 g ...) (h0 h ...) ...) (list 'conde #'((g0 g ...) (h0 h ...) ...) stx)]
            [_ (list 'other stx)])]
         [(is? #'matche)
          (define parsed (parse-goal (expand-matche stx #'fresh #'conde #'==)))
          (if (eq? (car parsed) 'conde) (list 'conde (cadr parsed) stx) parsed)]
         [(is? #'==)
          (syntax-case stx ()
            [(_ a b) (list '== #'a #'b)]
            [_ (list 'other stx)])]
         [(ormap is? constraint-heads) (list 'constraint stx)]
         [else (list 'other stx)]))]
    [_ (list 'other stx)]))

(define constraint-heads
  (list #'=/= #'symbolo #'numbero #'stringo #'not-symbolo #'not-numbero #'not-stringo #'absento
        #'domfd #'infd #'fd #'=fd #'=/=fd #'<fd #'<=fd #'>fd #'>=fd #'+fd #'*fd #'quotientfd
        #'remainderfd
        #'distinctfd))

;; May the variable stand in this syntax (or list of syntax)? Yes too often does no harm.
(define (occurs-in-syntax? v stx)
  (let loop ([s stx])
    (cond [(identifier? s) (same? v s)]
          [(syntax? s) (loop (syntax-e s))]
          [(pair? s) (or (loop (car s)) (loop (cdr s)))]
          [(vector? s) (for/or ([e (in-vector s)]) (loop e))]
          [(box? s) (loop (unbox s))]
          [else #f])))

(define (same? a b) (or (bound-identifier=? a b) (free-identifier=? a b)))

;; Those of the variables that may stand in the syntax.
(define (occurring variables stx)
  (for/list ([v (in-list variables)] #:when (occurs-in-syntax? v stx)) v))

;; Does a fresh of the clause give a name again that is taken? Such a clause is not compiled.
(define (shadowing? variables goals)
  (let/ec return
    (define (enter scope goals)
      (for/fold ([scope scope]) ([g (in-list goals)])
        (define parsed (parse-goal g))
        (case (car parsed)
          [(conj)
           (enter (for/fold ([scope scope]) ([x (in-list (cadr parsed))])
                    (when (for/or ([v (in-list scope)]) (same? v x)) (return #t))
                    (cons x scope))
                  (caddr parsed))]
          [else scope])))
    (enter variables goals)
    #f))
