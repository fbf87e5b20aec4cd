#lang racket/base
;; Questions to a search space as queries: every architecture for an input shape, a number of
;; classes and budgets, as a frontier or as a stream.

(require racket/contract/base "../kanren/main.rkt" "../search/frontier.rkt"
         "architecture.rkt" "budget.rkt" "shape-kinds.rkt" "space.rkt" "training.rkt")
(provide
 (contract-out
  [space-frontier (->* (space?) (#:input pair? #:classes exact-positive-integer?
                                 #:budgets list? #:like any/c
                                 #:measured (or/c #f symbol?) #:training (or/c #f list?)
                                 #:memory (or/c #f exact-integer?) #:batch (or/c #f exact-integer?))
                       frontier?)]
  [architecture->text (-> any/c bytes?)])
 space-query layers-cost with-account with-budgets)

;; BUDGETS are lists (QUANTITY LEAST MOST), quantities as in budget.rkt; they take the place of the
;; space's own. Parameters are always kept count of; other quantities where they have a budget.
;; LIKE is #f, or a procedure from the architecture to a goal that must hold of it as well.
;; Answers are (ARCHITECTURE PARAMETERS), or (ARCHITECTURE PARAMETERS TOTAL) with the total of the
;; quantity MEASURED.
;; TRAINING is #f, or a template of recipes (training.rkt): in the place of ARCHITECTURE answers have
;; (network ARCHITECTURE RECIPE) then. MEMORY bounds the bytes of a training, in batches of BATCH
;; where the recipe does not say.
(define (space-query space #:input [input (space-input space)]
                     #:classes [classes (space-classes space)]
                     #:budgets [budgets '()]
                     #:like [like #f]
                     #:measured [measured #f]
                     #:training [training (space-training space)]
                     #:memory [memory (space-memory space)]
                     #:batch [batch #f])
  (define bounded (with-budgets budgets (space-budgets space)))
  (define counted (if memory (with-budgets bounded `((activations 0 ,endless))) bounded))
  (define all (if measured (with-budgets counted `((,measured 0 ,endless))) counted))
  (define least (if (space-account? space)
                    (let ([layers ((space-least space) classes)])
                      (if (null? layers)
                          no-costs
                          (or (layers-cost layers #f)
                              (raise-user-error
                               'define-space
                               "#:ends-with: expected a layer that takes a vector, got ~a"
                               (car layers)))))
                    no-costs))
  ;; `first` are the goals that come before those of the architecture
  (define (whole architecture batch first parameters total)
    (with-account all parameters least
      (λ (account)
        (conj*
         (if measured (== total (account-total account measured)) succeed)
         (if memory
             (memoryo (or batch (no-batch)) (account-total account 'activations) parameters memory)
             succeed)
         first
         (if like (like architecture) succeed)
         (if (space-account? space)
             ((space-goal space) architecture input classes account)
             (conj* ((space-goal space) architecture input classes parameters)
                    (if (null? (remq (assq 'params all) all))
                        succeed
                        (architecture-costo architecture classes account))))))))
  (define (answers answer parameters total)
    (if training
        (with-recipe training (shape-kind input)
          (λ (recipe its-batch choose)
            (fresh (architecture)
              (== answer `(network ,architecture ,recipe))
              (whole architecture (or its-batch batch) choose parameters total))))
        (whole answer batch succeed parameters total)))
  (if measured
      (query (answer parameters total) (answers answer parameters total))
      (query (answer parameters) (answers answer parameters #f))))

;; Activations are those of a batch.
(define (no-batch)
  (raise-user-error
   "max-memory: got no batch, expected --batch-size N, or (batch N) in the training"))

;; The goal that (make-goal ACCOUNT) makes of an account of the quantities that have a budget.
(define (with-account budgets parameters least make-goal)
  (let add ([more quantities] [least least] [account '()])
    (define budget (and (pair? more) (assq (car more) budgets)))
    (define (add-entry total)
      (add (cdr more) (cdr least) (cons (list (car more) 0 (car least) total) account)))
    (cond
      [(null? more)
       (conj* (for/fold ([goal succeed]) ([entry (in-list (reverse account))])
                (define budget (assq (car entry) budgets))
                (conj* goal (infd (cadddr entry) (interval (cadr budget) (caddr budget)))))
              (make-goal (reverse account)))]
      [(not budget) (add (cdr more) (cdr least) account)]
      [(eq? (car more) 'params) (add-entry parameters)]
      [else (fresh (total) (add-entry total))])))

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
                        #:measured [measured #f]
                        #:training [training (space-training space)]
                        #:memory [memory (space-memory space)]
                        #:batch [batch #f])
  (make-frontier
   (space-query space #:input input #:classes classes #:budgets budgets #:like like
                #:measured measured #:training training #:memory memory #:batch batch)))

;; The costs of layers that are known behind a shape (#f: a vector of any size), in the order of
;; `quantities`; or #f where they do not fit it.
(define (layers-cost layers in)
  (define found
    (run 1 (costs)
      (fresh (out features)
        (with-costs costs
          (λ (account after) (layerso layers (or in (list features)) out account after))))))
  (and (pair? found) (car found)))

(define (architecture->text architecture) (term->text architecture))
