#lang racket/base
;; Questions to a search space as queries: every architecture for an input shape, a number of
;; classes and budgets, as a frontier or as a stream.

(require racket/contract/base "../kanren/main.rkt" "../search/frontier.rkt"
         "architecture.rkt" "budget.rkt" "space.rkt")
(provide
 (contract-out
  [space-frontier (->* (space?) (#:input list? #:classes exact-positive-integer?
                                 #:budgets list? #:like any/c
                                 #:measured (or/c #f symbol?))
                       frontier?)]
  [architecture->text (-> any/c bytes?)])
 space-query layers-cost with-account with-budgets)

;; BUDGETS are lists (QUANTITY LEAST MOST), quantities as in budget.rkt; they take the place of the
;; space's own. Parameters are always kept count of; other quantities where they have a budget.
;; LIKE is #f, or a procedure from the architecture to a goal that must hold of it as well.
;; Answers are (ARCHITECTURE PARAMETERS), or (ARCHITECTURE PARAMETERS TOTAL) with the total of the
;; quantity MEASURED.
(define (space-query space #:input [input (space-input space)]
                     #:classes [classes (space-classes space)]
                     #:budgets [budgets '()]
                     #:like [like #f]
                     #:measured [measured #f])
  (define counted (with-budgets budgets (space-budgets space)))
  (define all (if measured (with-budgets counted `((,measured 0 ,endless))) counted))
  (define least (if (space-account? space)
                    (let ([layers ((space-least space) classes)])
                      (if (null? layers)
                          (map (λ (q) 0) quantities)
                          (or (layers-cost layers #f)
                              (raise-user-error
                               'define-space
                               "#:ends-with: expected a layer that takes a vector, got ~a"
                               (car layers)))))
                    '(0 0 0 0)))
  (define (whole architecture parameters total)
    (with-account all parameters least
      (λ (account)
        (conj*
         (if measured (== total (account-total account measured)) succeed)
         (if like (like architecture) succeed)
         (if (space-account? space)
             ((space-goal space) architecture input classes account)
             (conj* ((space-goal space) architecture input classes parameters)
                    (if (null? (remq (assq 'params all) all))
                        succeed
                        (architecture-costo architecture classes account))))))))
  (if measured
      (query (architecture parameters total) (whole architecture parameters total))
      (query (architecture parameters) (whole architecture parameters #f))))

;; The goal that (make-goal ACCOUNT) makes of an account of the quantities that have a budget.
(define (with-account budgets parameters least make-goal)
  (fresh (macs activations depth)
    (let ([account
           (for/list ([quantity (in-list quantities)] [reserve (in-list least)]
                      [total (in-list (list parameters macs activations depth))]
                      #:when (assq quantity budgets))
             (list quantity 0 reserve total))])
      (conj* (for/fold ([goal succeed]) ([entry (in-list account)])
               (define budget (assq (car entry) budgets))
               (conj* goal (infd (cadddr entry) (interval (cadr budget) (caddr budget)))))
             (make-goal account)))))

(define (account-total account quantity) (cadddr (assq quantity account)))

;; Budgets, and those of other quantities.
(define (with-budgets budgets others)
  (append budgets (for/list ([b (in-list others)] #:unless (assq (car b) budgets)) b)))

;; The cost of a whole architecture.
(defrel (architecture-costo architecture classes account)
  (fresh (input layers after)
    (architectureo architecture input layers)
    (layerso layers input `(,classes) account after)
    (settleo after)))

(define (space-frontier space #:input [input (space-input space)]
                        #:classes [classes (space-classes space)]
                        #:budgets [budgets '()]
                        #:like [like #f]
                        #:measured [measured #f])
  (make-frontier
   (space-query space #:input input #:classes classes #:budgets budgets #:like like
                #:measured measured)))

;; The four costs of layers that are known behind a shape (#f: a vector of any size), or #f where they
;; do not fit it.
(define (layers-cost layers in)
  (define found
    (run 1 (params macs activations depth)
      (fresh (out features)
        (layerso layers (or in (list features)) out
                 `((params 0 0 ,params) (macs 0 0 ,macs) (activations 0 0 ,activations)
                   (depth 0 0 ,depth))
                 `((params ,params 0 ,params) (macs ,macs 0 ,macs)
                   (activations ,activations 0 ,activations) (depth ,depth 0 ,depth))))))
  (and (pair? found) (car found)))

(define (architecture->text architecture) (term->text architecture))
