#lang racket/base
;; The code of a clause: what the stream search and what the guided search do with its goals.

(require (for-syntax racket/base) racket/syntax "analysis.rkt" "names.rkt" "matching.rkt"
         (for-template racket/base "../core/advance.rkt" "clauses.rkt" "../core/state.rkt"
                       "../core/store.rkt"
                       "../core/term.rkt"))
(provide (struct-out scope) emit-run emit-expand)

(define/with-syntax (st store next pending n args) shared-names)

;; The code stands where `st`, and on top of it `store` and `next`, are what holds so far.

;; A Scope is (scope VARIABLES UNSEEN PLACE): all variables in scope, those that have no value yet
;; (see matching.rkt), and a procedure that makes the goal of a conde from its lines and the
;; variables.
(struct scope (variables unseen place))

(define (enter sc new)
  (scope (append new (scope-variables sc)) (append new (scope-unseen sc)) (scope-place sc)))
(define (with-unseen sc unseen) (scope (scope-variables sc) unseen (scope-place sc)))

;; Gives the variables that the syntax speaks of a value: body is called with the scope that results.
(define (with-seen sc stx body)
  (define needed (occurring (scope-unseen sc) stx))
  (with-variables needed
    (body (with-unseen sc (filter (λ (u) (not (memq u needed))) (scope-unseen sc))))))

(define current-state #'(state store (state-constraints st) (state-serial st) next))

;; A constraint followed by `then`; `fail` where it does not hold.
(define (emit-constraint goal sc fail then)
  (case (car goal)
    [(==)
     (compile-equation
      (cadr goal) (caddr goal) (scope-unseen sc)
      (λ (may-fail? unseen)
        (define code (then (with-unseen sc unseen)))
        (if may-fail?
            #`(if store
                  (let-values ([(st store) (woken st store next pending)])
                    (if store #,code #,fail))
                  #,fail)
            code)))]
    [else
     (with-seen sc (cadr goal)
       (λ (sc)
         #`(let ([st (post #,current-state #,(cadr goal))])
             (if st
                 (let ([store (state-store st)])
                   #,(then sc))
                 #,fail))))]))

;; The expressions that make the goals, evaluated in order; `body` gets identifiers for them.
(define (emit-goals goals sc body)
  (with-seen sc goals
    (λ (sc)
      (define ids (generate-temporaries goals))
      (define (expression parsed g)
        (if (eq? (car parsed) 'conde) ((scope-place sc) parsed (scope-variables sc)) g))
      (define parsed (map parse-goal goals))
      (define bindings
        (for/list ([id (in-list ids)] [p (in-list parsed)] [g (in-list goals)])
          #`[#,id #,(expression p g)]))
      (if (andmap (λ (p) (eq? (car p) 'conde)) parsed)
          #`(let* #,bindings #,(body ids))
          #`(numbered #,bindings (next next) #,(body ids))))))

;; -- the stream search ----------------------------------------------------------------------------

;; Code for n steps of the goals -> Stream, steps used. The constraints up to the first other goal
;; happen within the first step; from the second on, a step is lost on the way (see `delayed`).
(define (emit-run goals sc)
  ;; `posted` counts the constraints so far
  (let loop ([goals goals] [sc sc] [posted 0])
    (define started? (> posted 0))
    (cond
      [(null? goals) #`(values (cons #,current-state #,(if (= posted 1) #'#f #'spent-stream)) 1)]
      [else
       (define goal (parse-goal (car goals)))
       (case (car goal)
         [(== constraint)
          (emit-constraint goal sc
                           (if started? #'(late-failure n) #'(values #f 1))
                           (λ (sc) (loop (cdr goals) sc (add1 posted))))]
         [(conj)
          (define inner (enter sc (cadr goal)))
          (if started?
              (emit-goals (cdr goals) sc
                          ;; variables of the goals behind it have their values now
                          (λ (ids)
                            (define seen
                              (with-unseen inner
                                (filter (λ (u) (or (memq u (cadr goal))
                                                   (not (occurs-in-syntax? u (cdr goals)))))
                                        (scope-unseen inner))))
                            (emit-binds
                             #`(delayed n k (let ([n k]) #,(emit-run (caddr goal) seen)))
                             ids)))
              (loop (append (caddr goal) (cdr goals)) inner 0))]
         [else
          (emit-goals goals sc
                      (λ (ids)
                        (emit-binds
                         (if started?
                             #`(let ([st #,current-state])
                                 (delayed n k (advance-goal st #,(car ids) k)))
                             #`(advance-goal #,current-state #,(car ids) n))
                         (cdr ids))))])])))

;; The stream of `code` bound to further goals.
(define (emit-binds code ids)
  (for/fold ([code code]) ([id (in-list ids)])
    #`(let-values ([(s used) #,code]) (bind-next s used #,id n))))

;; -- the guided search ----------------------------------------------------------------------------

;; Code that posts all constraints of the goals -> State or #f, and the list of the other goals.
(define (emit-expand goals sc)
  (define-values (constraints others variables) (flatten-goals goals))
  (let loop ([constraints constraints] [sc (enter sc variables)])
    (cond
      [(pair? constraints)
       (emit-constraint (car constraints) sc #'(values #f '()) (λ (sc) (loop (cdr constraints) sc)))]
      [(null? others) #`(values #,current-state '())]
      [else (emit-goals others sc (λ (ids) #`(values #,current-state (list #,@ids))))])))

;; -> the parsed constraints, the other goals, and the fresh variables, of all conjunctions
(define (flatten-goals goals)
  (for/fold ([constraints '()] [others '()] [variables '()]) ([g (in-list goals)])
    (define goal (parse-goal g))
    (case (car goal)
      [(== constraint) (values (append constraints (list goal)) others variables)]
      [(conj)
       (define-values (cs os vs) (flatten-goals (caddr goal)))
       (values (append constraints cs) (append others os) (append variables (cadr goal) vs))]
      [else (values constraints (append others (list g)) variables)])))
