#lang racket/base
;; A search space: a relation between an architecture and its number of parameters, with defaults.

(require (for-syntax racket/base) racket/path racket/runtime-path racket/string)
(provide (struct-out space) (struct-out exn:fail:space) define-space load-space space-names)

;; A Space is (space NAME DESCRIPTION INPUT CLASSES MAX-PARAMS GOAL TABLE-KEY):
;;   INPUT, CLASSES, MAX-PARAMS are defaults: the shape (C H W) of an image, the number of classes,
;;   and the parameter budget
;;   GOAL takes the terms architecture, input, classes and parameters and makes the goal that relates
;;   them; `parameters` comes with the budget as its domain.
;;   TABLE-KEY is #f, or a procedure from an architecture to its name in a table of results
(struct space (name description input classes max-params goal table-key))

;; (define-space (NAME architecture input classes parameters)
;;   DESCRIPTION
;;   #:input (C H W) #:classes N #:max-params N
;;   [#:table-key PROCEDURE]
;;   GOAL)
;; defines the space and provides it from the file, so that it can be searched by the file's path.
(define-syntax (define-space stx)
  (syntax-case stx ()
    [(_ (name architecture input classes parameters)
        description
        #:input (c h w) #:classes n #:max-params m
        goal)
     #'(define-space (name architecture input classes parameters)
         description #:input (c h w) #:classes n #:max-params m #:table-key #f goal)]
    [(_ (name architecture input classes parameters)
        description
        #:input (c h w) #:classes n #:max-params m
        #:table-key table-key
        goal)
     (and (andmap identifier? (syntax->list #'(name architecture input classes parameters)))
          (string? (syntax-e #'description))
          (andmap (λ (x) (exact-positive-integer? (syntax-e x))) (syntax->list #'(c h w n m))))
     #'(begin
         (provide (rename-out [name the-space]))
         (define name
           (space 'name description '(c h w) n m
                  (lambda (architecture input classes parameters) goal)
                  table-key)))]
    [_ (raise-syntax-error
        'define-space
        (string-append
         "expected (define-space (NAME architecture input classes parameters) \"DESCRIPTION\" "
         "#:input (C H W) #:classes N #:max-params N GOAL)")
        stx)]))

(struct exn:fail:space exn:fail:user ())
(define (fail message . arguments)
  (raise (exn:fail:space (apply format message arguments) (current-continuation-marks))))

(define-runtime-path spaces-folder "spaces")
(define-runtime-path racket-folder "..")

;; The names of the spaces that come with Architecto.
(define (space-names)
  (sort (for/list ([file (in-list (directory-list spaces-folder))]
                   #:when (path-has-extension? file #".rkt"))
          (path->string (path-replace-extension file #"")))
        string<?))

;; The space of a name, or of a path to a file with a define-space in it. Raises exn:fail:space with
;; one line for a person.
(define (load-space name)
  (define file
    (cond [(member name (space-names)) (build-path spaces-folder (string-append name ".rkt"))]
          [(not (path-has-extension? name #".rkt"))
           (fail "unknown space '~a': expected one of ~a, or a path to a .rkt file"
                 name (string-join (space-names) ", "))]
          [(file-exists? name) (path->complete-path name)]
          [else (fail "no such space file: ~a" name)]))
  (parameterize ([current-library-collection-links
                  (cons (hash 'architecto (list (simplify-path racket-folder)))
                        (current-library-collection-links))])
    (define loaded
      (with-handlers ([(λ (e) (and (exn:fail? e) (not (exn:fail:space? e))))
                       (λ (e) (fail "the space file ~a cannot be loaded: ~a"
                                    file (car (string-split (exn-message e) "\n"))))])
        (dynamic-require file 'the-space (λ () #f))))
    (unless (space? loaded)
      (fail "~a defines no space; write (define-space (NAME architecture …) …) in it" file))
    loaded))
