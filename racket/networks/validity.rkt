#lang racket/base
;; Validity without a space: the architectures that any sequence of layers makes, with holes filled.

(require racket/list "../kanren/main.rkt" "../search/frontier.rkt" "architecture.rkt"
         "search.rkt" "spaces/free.rkt" "text.rkt")
(provide valid-frontier like-template)

;; The architectures that a template with holes stands for: those of its layers that fit one another,
;; give `classes` outputs (#f: any number) and keep the budgets (as in search.rkt). A number is any up
;; to 65536; a layer, or the rest of a list, is from the vocabulary of the space free. The rest of a
;; list is `more` layers.
(define (valid-frontier template classes more #:budgets [budgets '()])
  (make-frontier
   (query (architecture parameters)
     (fresh (out)
       (with-account (add-budget 'params endless budgets) parameters '(0 0 0 0)
         (λ (account)
           (define spent                ; the whole account
             (for/list ([entry (in-list account)])
               (list (first entry) (fourth entry) (third entry) (fourth entry))))
           (define-values (goal layers)
             (template-goal more (third template) (cdr (second template)) (list out)
                            account spent))
           (conj* (if classes (== out classes) succeed)
                  goal
                  (== architecture (list 'architecture (second template) layers)))))))))

;; -> the goal that a template's layers follow one another, and the layers with variables for holes
(define (template-goal more layers in out account after)
  (cond
    [(null? layers) (values (conj* (== in out) (== account after)) '())]
    [(hole? layers)
     (define-values (rest goal) (some (λ (v) (any-layerso v in out account after more 1))))
     (values goal rest)]
    [else
     (define between #f) (define account-between #f)
     (fresh (b a) (begin (set! between b) (set! account-between a) succeed))
     (define-values (layer goal)
       (if (hole? (car layers))
           (some (λ (v) (conj* (vocabularyo v in 1) (layero v in between account account-between)
                               (labelfd v))))
           (let-values ([(layer holes)
                         (if (memq (caar layers) '(residual concat))
                             (join-goal more (car layers) in)
                             (with-holes (car layers)))])
             (values layer (conj* holes (layero layer in between account account-between))))))
     (define-values (rest-goal rest)
       (template-goal more (cdr layers) between out account-between after))
     (values (conj* goal rest-goal) (cons layer rest))]))

;; A join with variables for holes, and the goal that each branch, by itself, follows from the shape;
;; that the branches fit one another is for the join to say.
(define (join-goal more join in)
  (for/fold ([goal succeed] [branches '()]
             #:result (values (cons (car join) (reverse branches)) goal))
            ([branch (in-list (cdr join))])
    (define out #f)
    (fresh (x) (begin (set! out x) succeed))
    (define-values (branch-goal layers) (template-goal more branch in out '() '()))
    (values (conj* goal branch-goal) (cons layers branches))))

(define (some make-goal)
  (define v #f)
  (define goal (fresh (x) (begin (set! v x) (make-goal x))))
  (values v goal))

;; The goal that an architecture is like a template with holes. To be made inside a query, as
;; variables are numbered there.
(define ((like-template template) architecture)
  (define-values (term goal) (with-holes template))
  (conj* (== architecture term) goal))

;; A layer or a list with a variable for each hole, and the goal that numbers lie from 0 to 65536.
(define (with-holes x)
  (cond
    [(hole? x) (some (λ (v) succeed))]
    [(and (pair? x) (symbol? (car x)) (hash-ref kinds (car x) #f))
     => (λ (arguments)
          (for/fold ([goal succeed] [layer '()] #:result (values (cons (car x) (reverse layer)) goal))
                    ([given (in-list (cdr x))] [a (in-list arguments)])
            (cond
              [(hole? given)
               (define-values (v g)
                 (some (λ (v)
                         (case (argument-role a)
                           [(real) (conde [(== v 0.1)] [(== v 0.25)] [(== v 0.5)])]
                           [(operation) succeed]
                           [else (infd v (interval (argument-least a) 65536))]))))
               (values (conj* goal g) (cons v layer))]
              [else (values goal (cons given layer))])))]
    [(pair? x)
     (define-values (first first-goal) (with-holes (car x)))
     (define-values (rest rest-goal) (with-holes (cdr x)))
     (values (cons first rest) (conj* first-goal rest-goal))]
    [else (values x succeed)]))
