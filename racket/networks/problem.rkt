#lang racket/base
;; The problem of networks: a space, an input, classes and budgets, as options say.

(require racket/format racket/list racket/match racket/path
         "../search/problem.rkt" "../search/user-file.rkt"
         "budget.rkt" "quantities.rkt" "search.rkt" "shape-kinds.rkt" "space.rkt" "text.rkt"
         "training.rkt")
(provide find-problem space-problem space-options (struct-out option) option-value)

;; An Option of a space is --NAME on the command line, and #:NAME in the REPL:
;;   metavar   stands for its value in the help; #f where it takes none, and is there or not
;;   read      its value as text, or as Racket writes it -> the value, or #f if it is none
;;   expected  in words, what it may be
(struct option (name metavar help read expected))

;; The option that bounds a quantity.
(define (budget-name quantity) (string->symbol (format "max-~a" quantity)))

(define space-options
  (append
   (list (option 'input "SHAPE"
                 (format "shape of an input, ~a (default: the space's own)" input-forms)
                 (λ (given) (read-input given)) (format "~a, sizes of at least 1" input-forms))
         (option 'classes "N" "number of classes (default: the space's own)"
                 (λ (given) (read-whole given 1)) "a whole number of at least 1"))
   (list (option 'gives "KIND" "what must come out: features, or sequence for an output of each token"
                 (λ (given) (for/first ([kind (in-list '(features sequence))]
                                        #:when (equal? (format "~a" given) (symbol->string kind)))
                              kind))
                 "features or sequence"))
   (for/list ([quantity (in-list quantities)])
     (option (budget-name quantity) "N"
             (format "at most so many ~a (default: the space's own)" (quantity-meaning quantity))
             (λ (given) (read-whole given 0)) "a whole number of at least 0"))
   (list (option 'training "TEMPLATE"
                 (string-append "training recipes to search as well, such as (training (adamw "
                                "(0.001 0.01)) (batch 32)); a list in a value's place is choices")
                 read-template "(training (PART VALUE …) …)")
         (option 'max-memory "BYTES" "at most so many bytes in a training, 4 for each number"
                 (λ (given) (read-whole given 1)) "a whole number of at least 1")
         (option 'batch-size "N" "examples a batch, for --max-memory where no training is searched"
                 (λ (given) (read-whole given 1)) "a whole number of at least 1")
         (option 'table-keys #f "tell the agent the name of each network in the space's table"
                 (λ (given) (and (boolean? given) given)) "#t"))))

(define (read-whole given least)
  (define n (if (string? given) (string->number given) given))
  (and (exact-integer? n) (>= n least) n))

;; The value of an option; `written` is how the user wrote its name. Raises exn:fail:mistake.
(define (option-value o written given)
  (or (with-handlers ([exn:fail:text? (λ (e) (mistake "~a: ~a" written (exn-message e)))])
        ((option-read o) given))
      (mistake "~a: expected ~a, got '~a'" written (option-expected o) given)))

;; The problem of a name of a space, or of a path to a file with a define-problem or a define-space.
;; OPTIONS is a hasheq from names of options to their values. Raises exn:fail:mistake.
(define (find-problem name options)
  (define (the-space)
    (load-provided name 'the-space space? #:kind "problem" #:form problem-form))
  (define found
    (if (path-has-extension? name #".rkt") (load-problem name #:otherwise the-space) #f))
  (cond
    [(not (problem? found)) (space-problem name options)]
    [(hash-empty? options) found]
    [else (mistake "the option ~a has no meaning with the problem ~a, which is no space"
                   (car (sort (hash-keys options) symbol<?)) (problem-name found))]))

;; The same of a space.
(define (space-problem name options)
  (define s (load-space name))
  (define input (hash-ref options 'input (space-input s)))
  (define classes (hash-ref options 'classes (space-classes s)))
  (define budgets
    (for*/list ([quantity (in-list quantities)]
                [most (in-value (hash-ref options (budget-name quantity) #f))]
                #:when most)
      (list quantity 0 most)))
  (define table-key (and (hash-ref options 'table-keys #f)
                         (or (space-table-key s)
                             (mistake "space ~a names no table of results: expected #:table-key in ~a"
                                      (space-name s) "its define-space"))))
  (define memory (hash-ref options 'max-memory (space-memory s)))
  (define short-name (symbol->string (space-name s)))
  (check-fits s input (hash-ref options 'gives #f))
  (problem
   short-name
   (format "categorize ~a into ~a categories" (inputs->words input) classes)
   (hasheq 'space short-name 'classes classes
           'input (for/list ([part (in-list (shape->input input))])
                    (if (symbol? part) (symbol->string part) part)))
   (λ () (space-query s #:input input #:classes classes #:budgets budgets
                      #:training (hash-ref options 'training (space-training s)) #:memory memory
                      #:batch (hash-ref options 'batch-size #f)))
   (λ (answer) (architecture->text (first answer)))
   (λ (answer) (answer-facts answer table-key))
   layers-so-far
   (format "no network of space ~a takes ~a to ~a classes with ~a~a; raise the budget"
           short-name (shape->text input) classes
           (budgets->text (with-budgets budgets (space-budgets s))) (memory->text memory))
   (whose-space name)))

;; Inputs in the plural, as a task names them.
(define (inputs->words shape)
  (match (shape->input shape)
    [(list 'features n) (format "vectors of ~a numbers" n)]
    [(list 'series channels length) (format "series of ~a steps of ~a channels" length channels)]
    [(list 'tokens tokens words) (format "texts of ~a tokens out of ~a" tokens words)]
    [(list 'table numbers categories _)
     (format "rows of ~a numbers and ~a categories" numbers categories)]
    [(list channels height width) (format "~ax~ax~a images" height width channels)]))

;; An answer is (ARCHITECTURE PARAMETERS), or ((network ARCHITECTURE TRAINING) PARAMETERS).
(define (answer-facts answer table-key)
  (match-define (list network parameters) answer)
  (for/hasheq ([(name value)
                (in-hash (hasheq 'parameters (and (exact-nonnegative-integer? parameters) parameters)
                                 'table_key (and table-key (table-key network))))]
               #:when value)
    (values name value)))

;; A choice's term is as an answer: as far as it is known.
(define (layers-so-far term)
  (match (read (open-input-bytes term))
    [(list (list 'architecture _ layers) _) (~s layers)]
    [(list (list 'network (list 'architecture _ layers) training) _) (format "~s ~s" layers training)]
    [_ (bytes->string/utf-8 term)]))
