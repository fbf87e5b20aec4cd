#lang racket/base
;; A search space: a relation between an architecture and its number of parameters, with defaults.

(require (for-syntax racket/base "quantities.rkt" "shape-kinds.rkt")
         racket/path racket/runtime-path racket/string "../search/user-file.rkt"
         "shape-kinds.rkt" "training.rkt")
(provide (struct-out space) check-fits define-space load-space space-names call-with-space
         whose-space)

;; A Space is (space NAME DESCRIPTION TAKES GIVES INPUT CLASSES BUDGETS GOAL ACCOUNT? LEAST TABLE-KEY
;; CANONICAL TRAINING MEMORY):
;;   TAKES is a list of the kinds of inputs (shape-kinds.rkt), GIVES the kind of what comes out:
;;   features, or sequence where each token has an output of its own
;;   INPUT, CLASSES, BUDGETS are defaults: a shape (shape-kinds.rkt), the number of classes, and a
;;   list of (QUANTITY LEAST MOST), quantities as in budget.rkt; parameters have one in every space
;;   GOAL takes the terms architecture, input, classes and a fourth and makes the goal that relates
;;   them.
;;   ACCOUNT? says what the fourth is: an account (budget.rkt), so that every budget prunes; or, if
;;   #f, the number of parameters alone.
;;   LEAST takes the number of classes and gives (LAYER), the cheapest last layer of any network
;;   TABLE-KEY is #f, or a procedure from an architecture to its name in a table of results
;;   CANONICAL is #f, or a procedure from an architecture to what it computes: those that give equal
;;   results are the same function
;;   TRAINING is #f, or the template of the training recipes (training.rkt) that are searched as well:
;;   TABLE-KEY then takes the whole (network ARCHITECTURE TRAINING)
;;   MEMORY is #f, or how many bytes a training may take (memoryo in training.rkt)
(struct space
  (name description takes gives input classes budgets goal account? least table-key canonical training
   memory))

;; (define-space (NAME architecture input classes #:account account)
;;   DESCRIPTION
;;   #:input SHAPE #:classes N
;;   #:max-params N [#:max-QUANTITY N] …
;;   [#:takes (KIND …)] [#:gives KIND] [#:ends-with LAYER] [#:table-key PROCEDURE]
;;   [#:canonical PROCEDURE] [#:training TEMPLATE] [#:max-memory BYTES]
;;   GOAL)
;; defines the space and provides it from the file, so that it can be searched by the file's path.
;; SHAPE is (C H W) of an image, or (features F), (series C L), (tokens T V), (table N K V); a space
;; takes inputs of this kind, or of those that #:takes lists.
;; LAYER is the cheapest last layer of any network; `classes` in it is the number of classes. With
;; (NAME architecture input classes parameters) the goal relates the number of parameters itself.
(define-syntax (define-space stx)
  (define (bad [what stx])
    (raise-syntax-error
     'define-space
     (string-append
      "expected (define-space (NAME architecture input classes #:account account) \"DESCRIPTION\" "
      "#:input (C H W) or (KIND SIZE …) #:classes N #:max-params N "
      (apply string-append (for/list ([q (in-list (cdr quantities))]) (format "[#:max-~a N] " q)))
      "[#:ends-with LAYER] GOAL)")
     stx what))
  (define (budget-keyword quantity) (string->keyword (format "max-~a" quantity)))
  (define keywords
    (append '(#:input #:classes #:takes #:gives #:ends-with #:table-key #:canonical #:training
              #:max-memory)
            (map budget-keyword quantities)))
  (define (options items)               ; -> hash of keyword -> syntax, and the goal
    (let loop ([items items] [found (hasheq)])
      (cond [(null? items) (bad)]
            [(keyword? (syntax-e (car items)))
             (if (and (pair? (cdr items)) (memq (syntax-e (car items)) keywords))
                 (loop (cddr items) (hash-set found (syntax-e (car items)) (cadr items)))
                 (bad (car items)))]
            [(null? (cdr items)) (values found (car items))]
            [else (bad (cadr items))])))
  (define (size? x) (exact-positive-integer? (syntax-e x)))
  (define (expand name terms account? description rest)
    (define-values (found goal) (options rest))
    (define shape
      (input->shape (syntax->datum (hash-ref found '#:input #'0)) exact-positive-integer?))
    (define budgets                     ; ((QUANTITY MOST) …)
      (for*/list ([q (in-list quantities)]
                  [most (in-value (hash-ref found (budget-keyword q) #f))]
                  #:when most)
        (list q most)))
    (unless (and (string? (syntax-e description))
                 (andmap identifier? (cons name terms))
                 shape
                 (size? (hash-ref found '#:classes #'0))
                 (assq 'params budgets) (andmap size? (map cadr budgets)))
      (bad))
    (define takes (syntax->datum (hash-ref found '#:takes #`(#,(shape-kind shape)))))
    (unless (and (list? takes) (for/and ([kind (in-list takes)]) (assq kind input-kinds)))
      (bad (hash-ref found '#:takes)))
    (define ends-with (hash-ref found '#:ends-with #f))
    (when (and ends-with (not (and (syntax->list ends-with) (pair? (syntax->list ends-with)))))
      (bad ends-with))
    (with-syntax ([name name] [(architecture input classes fourth) terms]
                  [ends-with ends-with])
      #`(begin
          (provide (rename-out [name the-space]))
          (define name
            (space 'name #,description '#,takes '#,(hash-ref found '#:gives #'features)
                   '#,shape #,(hash-ref found '#:classes)
                   '#,(for/list ([b (in-list budgets)]) (list (car b) 0 (cadr b)))
                   (lambda (architecture input classes fourth) #,goal)
                   #,account?
                   #,(if (syntax-e #'ends-with)
                         (with-syntax ([(kind argument ...) #'ends-with])
                           #'(lambda (classes) (list (list 'kind argument ...))))
                         #'(lambda (classes) '()))
                   #,(hash-ref found '#:table-key #'#f)
                   #,(hash-ref found '#:canonical #'#f)
                   #,(let ([template (hash-ref found '#:training #f)])
                       (and template #`(read-template '#,template)))
                   #,(hash-ref found '#:max-memory #'#f))))))
  (syntax-case stx ()
    [(_ (name architecture input classes #:account account) description . rest)
     (expand #'name (syntax->list #'(architecture input classes account)) #'#t #'description
             (syntax->list #'rest))]
    [(_ (name architecture input classes parameters) description . rest)
     (expand #'name (syntax->list #'(architecture input classes parameters)) #'#f #'description
             (syntax->list #'rest))]
    [_ (bad)]))

;; Raises exn:fail:mistake unless the space takes inputs of the kind of a shape, and gives what is
;; asked for, features or sequence (#f: anything); spaces of Architecto that do are named.
(define (check-fits s shape gives)
  (define (fits? s)
    (and (memq (shape-kind shape) (space-takes s)) (memq gives (list #f (space-gives s)))))
  (define (ways takes gives)
    (format "~a to ~a" (string-join (map kind->words takes) " or ")
            (if (eq? gives 'sequence) "an output of each token" "one output")))
  (unless (fits? s)
    (define others
      (for/list ([name (in-list (space-names))] #:when (fits? (load-space name))) name))
    (mistake "space ~a takes ~a, not ~a; ~a" (space-name s)
             (ways (space-takes s) (space-gives s))
             (ways (list (shape-kind shape)) (or gives (space-gives s)))
             (if (null? others)
                 "no space of ours does"
                 (format "spaces that do: ~a" (string-join others ", "))))))

(define-runtime-path spaces-folder "spaces")

;; The names of the spaces that come with Architecto.
(define (space-names)
  (sort (for/list ([file (in-list (directory-list spaces-folder))]
                   #:when (path-has-extension? file #".rkt"))
          (path->string (path-replace-extension file #"")))
        string<?))

;; The space of a name, or of a path to a file with a define-space in it. Raises exn:fail:mistake with
;; one line for a person.
(define (load-space name)
  (load-provided (space-file name) 'the-space space? #:kind "space"
                 #:form "(define-space (NAME architecture …) …)"))

;; The result of (work). What the relation of a space of a user's own raises meanwhile is a mistake of
;; theirs: (tell MESSAGE) is called with one line. NAME is that of the space, or #f.
(define (call-with-space name work tell)
  (with-handlers ([exn:fail:mistake? (λ (e) (tell (exn-message e)))])
    (call-with-user-code (and name (whose-space name)) work)))

;; What to call a space of a user's own, or #f.
(define (whose-space name)
  (and (not (member name (space-names))) (format "the space file ~a" (space-file name))))

(define (space-file name)
  (cond [(equal? name "") (mistake "got no space: expected one of ~a, or a path to a .rkt file"
                                (string-join (space-names) ", "))]
        [(member name (space-names))
         (simplify-path (build-path spaces-folder (string-append name ".rkt")))]
        [(not (path-has-extension? name #".rkt"))
         (mistake "unknown space '~a': expected one of ~a, or a path to a .rkt file"
               name (string-join (space-names) ", "))]
        [(file-exists? name) (simplify-path (path->complete-path name))]
        [else (mistake "no such space file: ~a" name)]))
