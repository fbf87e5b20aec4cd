#lang racket/base
;; Racket files of a user's own: what they provide, and what goes wrong in them.

(require racket/path racket/runtime-path racket/string)
(provide (struct-out exn:fail:mistake) mistake load-provided call-with-user-code)

;; A mistake of a user's. The message is one line for a person that says all: got, expected, what to
;; do.
(struct exn:fail:mistake exn:fail:user ())
(define (mistake message . arguments)
  (raise (exn:fail:mistake (apply format message arguments) (current-continuation-marks))))

(define-runtime-path racket-folder "..")

;; What the file at a path provides under a name, if it is `good?`; else the result of (otherwise),
;; where that is given. (require architecto) in it is this checkout. KIND says in a message what the
;; file should hold, and FORM how that is written. Raises exn:fail:mistake.
(define (load-provided path name good? #:kind kind #:form form
                       #:otherwise [otherwise #f])
  (unless (path-has-extension? path #".rkt")
    (mistake "expected the path of a .rkt file with a ~a in it, got '~a'" kind path))
  (unless (file-exists? path) (mistake "no such ~a file: ~a" kind path))
  (define file (simplify-path (path->complete-path path)))
  (define loaded
    (parameterize ([current-library-collection-links
                    (cons (hash 'architecto (list (simplify-path racket-folder)))
                          (current-library-collection-links))]
                   [current-output-port (current-error-port)])  ; what it prints is no answer
      (with-handlers ([exn:fail:mistake? raise]
                      [exn:break? raise]
                      [(λ (e) #t)
                       (λ (e) (mistake "the ~a file ~a cannot be loaded: ~a" kind file
                                       (string-normalize-spaces (first-lines (raised e)))))])
        (dynamic-require file name (λ () #f)))))
  (cond [(good? loaded) loaded]
        [otherwise (otherwise)]
        [else (mistake "~a defines no ~a; write ~a in it" file kind form)]))

;; The first line of a message, and the path of a module that is not there.
(define (first-lines message)
  (define lines (string-split message "\n"))
  (define path (findf (λ (line) (regexp-match? #rx"^ *module path:" line)) lines))
  (if path (string-append (car lines) path) (car lines)))

;; The result of (work). What a user's own code raises meanwhile is a mistake of theirs; WHERE says
;; whose code it is, such as "the space file x.rkt", or is #f where it is none of a user's.
(define (call-with-user-code where work)
  (define (theirs? e)
    (and (exn:fail? e) (not (exn:fail:filesystem? e)) (not (exn:fail:mistake? e))))
  (if where
      (with-handlers ([theirs?
                       (λ (e)
                         (define message (string-normalize-spaces (raised e)))
                         (mistake "~a: ~a" where
                                  (substring message 0 (min 300 (string-length message)))))])
        (work))
      (work)))

(define (raised e) (if (exn? e) (exn-message e) (format "raised ~s" e)))
