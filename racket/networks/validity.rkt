#lang racket/base
;; Validity without a space: the architectures that any sequence of layers makes, with holes filled.

(require racket/list "../kanren/main.rkt" "../kanren/term.rkt" "../search/frontier.rkt"
         "architecture.rkt" "search.rkt" "shapes.rkt" "spaces/free.rkt" "text.rkt")
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
           (define f (filling more (or classes 10) '()))
           (define-values (sizes sizes-goal) (numbers-for f (cdr (second template)) '(1 1 1)))
           (define-values (goal layers)
             (template-goal f (third template) sizes (list out) account spent))
           (conj* (if classes (== out classes) succeed)
                  sizes-goal
                  goal
                  (== architecture `(architecture (input . ,sizes) ,layers))
                  (labelfd (filling-numbers f)))))))))

;; A Filling is what holes are filled with: MORE layers for an unknown rest, CLASSES for a last layer;
;; NUMBERS are the variables of unknown numbers, to be labelled once all layers are in place: layer by
;; layer, in each the last argument first, as kernel, stride and padding decide over channels.
(struct filling (more classes [numbers #:mutable]))

;; -> the goal that a template's layers follow one another, and the layers with variables for holes
(define (template-goal f layers in out account after)
  (cond
    [(null? layers) (values (conj* (== in out) (== account after)) '())]
    [(hole? layers)
     (define-values (rest goal)
       (some (λ (v) (any-layerso v in out (filling-classes f) account after (filling-more f) 1))))
     (values goal rest)]
    [else
     (define between (unknown))
     (define account-between (unknown))
     (define-values (layer goal)
       (if (hole? (car layers))
           (some (λ (v) (conj* (vocabularyo v in (filling-classes f) 1)
                               (layero v in between account account-between)
                               (if (andmap hole? (if (list? (cdr layers)) (cdr layers) '(#f)))
                                   (withino (length (cdr layers)) between out)
                                   succeed)
                               (labelfd v))))
           (let-values ([(layer holes)
                         (if (memq (caar layers) '(residual concat))
                             (join-goal f (car layers) in)
                             (layer-goal f (car layers)))])
             (values layer (conj* holes (layero layer in between account account-between))))))
     (define-values (rest-goal rest)
       (template-goal f (cdr layers) between out account-between after))
     (values (conj* goal rest-goal) (cons layer rest))]))

;; A join with variables for holes, and the goal that its branches follow from the shape, those
;; without holes first; what comes of them all is for the join to say.
(define (join-goal f join in)
  (define sizes (unknown))
  (define whole (unknown))
  (define-values (branches goals)
    (for/lists (branches goals) ([branch (in-list (cdr join))])
      (define out (if (eq? (car join) 'residual) whole (cons (unknown) sizes)))
      (define-values (goal layers) (template-goal f branch in out '() '()))
      (values layers goal)))
  (define-values (open known)
    (partition (λ (pair) (memq '_ (flatten (car pair)))) (map cons (cdr join) goals)))
  (values (cons (car join) branches) (all-of (map cdr (append known open)))))

(define (layer-goal f layer)
  (define arguments (kind-arguments (car layer)))
  (define-values (values-given goal)
    (numbers-for f (cdr layer) (for/list ([a arguments] [_ (cdr layer)]) (argument-least a))
                 (map argument-role arguments)))
  (values (cons (car layer) values-given) goal))

;; Values with variables for holes, and the goal that they are at least so much.
(define (numbers-for f given leasts [roles '(free free free)])
  (define-values (terms goals)
    (for/lists (terms goals) ([x (in-list given)] [least (in-list leasts)] [role (in-list roles)])
      (if (hole? x) (some (λ (v) (value-goal v least role))) (values x succeed))))
  (set-filling-numbers! f (append (filling-numbers f) (reverse (filter var? terms))))
  (values terms (all-of goals)))

(define (all-of goals) (for/fold ([all succeed]) ([goal (in-list goals)]) (conj* all goal)))

(define (value-goal v least role)
  (case role
    [(real) (conde [(== v 0.1)] [(== v 0.25)] [(== v 0.5)])]
    [(operation) succeed]
    [else (infd v (interval least 65536))]))

(define (unknown)
  (define-values (v _) (some (λ (v) succeed)))
  v)

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
     (layer-goal (filling 0 0 '()) x)]
    [(pair? x)
     (define-values (first first-goal) (with-holes (car x)))
     (define-values (rest rest-goal) (with-holes (cdr x)))
     (values (cons first rest) (conj* first-goal rest-goal))]
    [else (values x succeed)]))
