#lang racket/base
;; Validity without a space: the architectures that any sequence of layers makes, with holes filled.

(require racket/list "../kanren/main.rkt" "../search/frontier.rkt"
         "architecture.rkt" "budget.rkt" "kinds.rkt" "search.rkt" "shape-kinds.rkt" "shapes.rkt"
         "spaces/free.rkt" "text.rkt")
(provide valid-frontier like-template first-misfit)

;; The architectures that a template with holes stands for: those of its layers that fit one another,
;; give `classes` outputs (#f: any number) and keep the budgets (as in search.rkt). A free number is
;; any up to 65536; a layer, or the rest of a list, is from the vocabulary of the space free. The rest
;; of a list is `more` layers.
(define (valid-frontier template classes more #:budgets [budgets '()])
  (make-frontier
   (query (architecture parameters)
     (fresh (out)
       (with-account (with-budgets budgets `((params 0 ,endless))) parameters no-costs
         (λ (account)
           (define spent                ; the whole account
             (for/list ([entry (in-list account)])
               (list (first entry) (fourth entry) (third entry) (fourth entry))))
           (define given (architecture-shape template))
           (define f (filling given more (or classes 10) '()))
           (define-values (sizes sizes-goal)
             (numbers-for f (shape-sizes given) (map (λ (_) 1) (shape-sizes given))))
           (define in (make-shape (shape-kind given) sizes))
           (define-values (shape shape-goal)
             (if (eq? 'tokens (shape-kind given)) ; scores of each token, or of the whole
                 (some (λ (v) (fresh (tokens)
                                (conde [(== v (list out))] [(== v (list tokens out))]))))
                 (values (list out) succeed)))
           (define-values (goal layers)
             (template-goal f (third template) in shape account spent))
           (conj* (if classes (== out classes) succeed)
                  sizes-goal
                  goal
                  (== architecture `(architecture (input . ,(shape->input in)) ,layers))
                  shape-goal
                  (labelfd (filling-numbers f)))))))))

;; A Filling is what holes are filled with: layers that may stand in a network of INPUT, MORE of them
;; for an unknown rest (#f: a space says what layers and probabilities there are), CLASSES for a last
;; layer; NUMBERS are the variables of unknown numbers, to be labelled once all layers are in place:
;; layer by layer, in each the last argument first, as kernel, stride and padding decide over
;; channels.
(struct filling (input more classes [numbers #:mutable]))

;; -> the goal that a template's layers follow one another, and the layers with variables for holes
(define (template-goal f layers in out account after)
  (cond
    [(null? layers) (values (conj* (== in out) (== account after)) '())]
    ;; no relation of layers that keep every shape knows that they take numbers alone
    [(and (memq (shape-kind in) '(tokens table)) (pair? layers) (pair? (car layers))
          (not (takes-raw? (car layers) (shape-kind in))))
     (values fail layers)]
    [(hole? layers)
     (define-values (rest goal)
       (some (λ (v) ((any-layerso-of (filling-input f)) v in out (filling-classes f) account after
                                                        (filling-more f) 1))))
     (values goal rest)]
    [else
     (define between (unknown))
     (define account-between (unknown))
     (define-values (layer goal)
       (if (hole? (car layers))
           (some (λ (v) (conj* ((any-layero-of (filling-input f)) v in (filling-classes f) 1)
                               (layero v in between account account-between)
                               (if (andmap hole? (if (list? (cdr layers)) (cdr layers) '(#f)))
                                   (withino (length (cdr layers)) between out)
                                   succeed)
                               (labelfd v))))
           (let-values ([(layer holes)
                         (if (join-of (car layers))
                             (join-goal f (car layers) in)
                             (layer-goal f (car layers)))])
             (values layer (conj* holes (layero layer in between account account-between))))))
     (define-values (rest-goal rest)
       (template-goal f (cdr layers) between out account-between after))
     (values (conj* goal rest-goal) (cons layer rest))]))

;; Does a layer take tokens or a table, or each branch of a join begin with one that does?
(define (takes-raw? layer kind)
  (if (join-of layer)
      (for/and ([branch (in-list (cdr layer))])
        (and (pair? branch) (or (hole? (car branch)) (takes-raw? (car branch) kind))))
      (takes? layer kind)))

;; The index of the first layer that nothing can make fit what comes before it; +inf.0 where there is
;; none, or an unknown layer or free number before it leaves that open.
(define (first-misfit template)
  (let loop ([layers (third template)] [in (architecture-shape template)] [i 0])
    (cond
      [(or (not (pair? layers)) (memq '_ (shape-sizes in)) (undecided? (car layers))) +inf.0]
      [else
       (define outs
         (run 1 (out)
           (let-values ([(goal _) (template-goal (filling in 0 10 '()) (list (car layers)) in out
                                                 '() '())])
             goal)))
       (if (null? outs) i (loop (cdr layers) (car outs) (add1 i)))])))

;; Is there a hole in it other than those that follow from the shape that comes in?
(define (undecided? layer)
  (cond [(hole? layer) #t]
        [(join-of layer)
         (for/or ([branch (in-list (cdr layer))])
           (let loop ([layers branch])
             (cond [(pair? layers) (or (undecided? (car layers)) (loop (cdr layers)))]
                   [else (hole? layers)])))]
        [else (for/or ([x (in-list (cdr layer))] [a (in-list (kind-arguments (kind-of layer)))])
                (and (hole? x) (not (eq? (argument-role a) 'follows))))]))

;; A join with variables for holes, and the goal that its branches follow from the shape, those
;; without holes first; what comes of them all is for the join to say.
(define (join-goal f layer in)
  (define sizes (unknown))
  (define whole (unknown))
  (define-values (branches goals)
    (for/lists (branches goals) ([branch (in-list (cdr layer))])
      (define out (if (join-alike? (join-of layer)) whole (cons (unknown) sizes)))
      (define-values (goal layers) (template-goal f branch in out '() '()))
      (values layers goal)))
  (define-values (open known)
    (partition (λ (pair) (memq '_ (flatten (car pair)))) (map cons (cdr layer) goals)))
  (values (cons (car layer) branches) (all-of (map cdr (append known open)))))

(define (layer-goal f layer)
  (define arguments (kind-arguments (kind-of layer)))
  (define given (without-defaults (cdr layer) arguments))
  (define-values (terms goal)
    (numbers-for f given (for/list ([a arguments] [_ given]) (argument-least a))
                 (map role-in-text arguments)))
  (define texts (texts-of (car layer) given terms arguments))
  (if (null? (cdr texts))
      (values (cons (car layer) terms) goal)
      (some (λ (layer) (conj* goal (for/fold ([any fail]) ([text (in-list texts)])
                                     (conde [any] [(text layer)])))))))

;; A layer in which trailing arguments are unknown has more than one text, as those that are the
;; default are left out. -> procedures from a layer to the goal that it is one of them
(define (texts-of kind given terms arguments)
  (let loop ([given (reverse given)] [terms (reverse terms)]
             [defaults (reverse (map argument-default (take arguments (length given))))]
             [left-out succeed])
    (define (text layer) (conj* left-out (== layer (cons kind (reverse terms)))))
    (if (and (pair? defaults) (car defaults) (member (car given) (list '_ (car defaults))))
        (cons text (loop (cdr given) (cdr terms) (cdr defaults)
                         (conj* left-out (== (car terms) (car defaults)))))
        (list text))))

;; Values with variables for holes, and the goal that they are at least so much.
(define (numbers-for f given leasts [roles '(free free free)])
  (define-values (terms goals)
    (for/lists (terms goals) ([x (in-list given)] [least (in-list leasts)] [role (in-list roles)])
      (if (hole? x) (some (λ (v) (value-goal f v least role))) (values x succeed))))
  (set-filling-numbers! f (append (filling-numbers f) (reverse (filter var? terms))))
  (values terms (all-of goals)))

(define (all-of goals) (for/fold ([all succeed]) ([goal (in-list goals)]) (conj* all goal)))

(define (value-goal f v least role)
  (case role
    [(real) (if (filling-more f) (conde [(== v 0.1)] [(== v 0.25)] [(== v 0.5)]) succeed)]
    [(choice) succeed]                  ; the relation knows them
    [(follows) (infd v (interval least largest-number))]
    [else (infd v (interval least 65536))]))

;; Its role, or its kind where it is no integer.
(define (role-in-text a)
  (if (eq? (argument-kind a) 'integer) (argument-role a) (argument-kind a)))

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
    [(and (pair? x) (symbol? (car x)) (hash-ref kinds (car x) #f) (not (join-of x)))
     (layer-goal (filling #f #f #f '()) x)]
    [(pair? x)
     (define-values (first first-goal) (with-holes (car x)))
     (define-values (rest rest-goal) (with-holes (cdr x)))
     (values (cons first rest) (conj* first-goal rest-goal))]
    [else (values x succeed)]))
